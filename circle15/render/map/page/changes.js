/**
 * Who lacks how many services, and the changes that would help most.
 *
 * @import { Change, Changes } from "./content.js"
 * @import { Child } from "./dom.js"
 * @import { Bare, View } from "./model.js"
 */
import { h, isTicked } from './dom.js';
import { dotted, either, percent, tens } from './text.js';

/** People who lack one service and three, where and which most; nothing where that is not known. @param {Bare} view */
export function headline({ say, model, state }) {
  const { actions } = model.content;
  if (!actions) return '';
  const { pop_60plus: everyone, lacking, where, service } = actions.needs;
  const [one, , three] = lacking;
  if (!one) return say('headline_nobody', { cutoff: actions.minutes });
  const known = (/** @type {number} */ count) => (count < 0 ? model.fewest / 2 : count);
  return say(three ? 'headline_lack_three' : 'headline_lack', {
    elders: tens(everyone, say),
    one: tens(one, say),
    three: tens(three ?? 0, say),
    percent: percent(known(one) / known(everyone)).slice(0, -1),
    cutoff: actions.minutes,
    where: where[state.language],
    service: service[state.language],
  });
}

/**
 * One change: what it does, whom it serves, and the way to its place.
 *
 * @param {Change} change
 * @param {number} place
 * @param {View} view
 * @param {{change: (place: number) => void}} acts
 */
function changeItem(change, place, { say, state }, acts) {
  const added =
    change.added === change.gain ? '' : say('change_step', { step: change.step, people: tens(change.added, say) });
  const note = change.note ? either(change.note.zh, change.note.en, state.language) : '';
  const after = change.same < 0 ? added : say('change_same', { n: change.same + 1 });
  return h(
    'li.check',
    {},
    h('span.check-rank.change', {}, place + 1),
    h(
      'div',
      {},
      h('p', {}, either(change.zh, change.en, state.language)),
      h('p.fine', {}, dotted([say('change_gain', { people: tens(change.gain, say) }), after, note])),
      h('button.link', { type: 'button', onclick: () => acts.change(place) }, say('check_show')),
    ),
  );
}

/**
 * What would help most, over all kinds of change, the best first.
 *
 * @param {View} view
 * @param {{change: (place: number) => void, changes: (on: boolean) => void}} acts
 * @returns {Child[]}
 */
export function changesDrawer(view, acts) {
  const { model, say, state } = view;
  const { list } = /** @type {Changes} */ (model.content.actions);
  const box = h('input', {
    type: 'checkbox',
    checked: state.changes,
    'data-layer': 'changes',
    onchange: (event) => acts.changes(isTicked(event)),
  });
  return [
    h('p', {}, headline(view)),
    h('p.muted', {}, say('changes_intro')),
    h('label.check-marks', {}, box, say('checks_mark')),
    h('ol.checks', {}, ...list.map((change, place) => changeItem(change, place, view, acts))),
  ];
}
