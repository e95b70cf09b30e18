/**
 * The page of a scheme: what it is of, the switch between today, the scheme and what changes, and the list of changes.
 *
 * @import { Before, SchemeChange, Totals } from "./content.js"
 * @import { Child } from "./dom.js"
 * @import { View } from "./model.js"
 * @import { Say } from "./text.js"
 * @import { When } from "./state.js"
 *
 * @typedef {{when: (when: When) => void, drawer: (kind: "scheme") => void}} StripActs
 * @typedef {{mark: (place: number) => void, marks: (on: boolean) => void}} MarkActs
 */
import { betterAndWorse } from './differences.js';
import { choice, h, isTicked } from './dom.js';
import { dotted, either, local, openThen, tens } from './text.js';
import { sumsOf } from './today.js';

/** @type {readonly When[]} */
const WHENS = Object.freeze(['today', 'scheme', 'change']);

/**
 * Name of the scheme, the way to its changes, and the switch; nothing on other pages.
 *
 * @param {View} view
 * @param {StripActs} acts
 */
export function schemeStrip({ say, state, model }, acts) {
  const { before } = model.content;
  if (!before) return [];
  const n = before.changes.length;
  const attributes = { type: 'button', onclick: () => acts.drawer('scheme'), 'data-act': 'scheme' };
  const options = WHENS.map((value) => ({ value, content: [say(`scheme_${value}`)] }));
  /** @param {string} value */
  const choose = (value) => acts.when(/** @type {When} */ (value));
  return [
    h(
      'p',
      {},
      h('strong', {}, say('scheme_named', { name: before.scenario.name })),
      ' ',
      h('button.link', attributes, say('scheme_changes_n', { n })),
    ),
    choice(say('scheme_shows'), options, state.when, choose, 'segments'),
  ];
}

/** @param {number} people */
const tensOf = (people) => Math.round(people / 10) * 10;

/** Fewer or more people, or as many. @param {number} change @param {number} fewest @param {Say} say */
export function moreOrFewer(change, fewest, say) {
  if (!change) return say('scheme_as_many');
  const size = Math.abs(change);
  const people = size < fewest ? say('few_bare') : tens(tensOf(size), say);
  return say(change < 0 ? 'scheme_fewer' : 'scheme_more', { people });
}

/** How many go without today and in the scheme, and how many communities fare better and worse. @param {View} view */
export function changeSummary(view) {
  const { say, state, model } = view;
  const { before, totals } = model.content;
  const today = before?.totals ?? sumsOf(model.was ?? [], model);
  const chosen = model.serviceOf[state.service];
  if (chosen && !chosen.determined) return say('undetermined_why');
  const cutoff = chosen ? state.cutoff : model.cutoffs.length - 1;
  const keys = chosen ? [chosen.key] : model.services.filter(({ determined }) => determined).map(({ key }) => key);
  /** @param {Totals} sums */
  const lost = (sums) => keys.reduce((all, key) => all + Math.max(0, sums.uncovered[key]?.[cutoff] ?? 0), 0);
  const [was, now] = [today, totals].map((sums) => tensOf(lost(sums)));
  const sentence = say(chosen ? 'scheme_summary' : 'scheme_summary_all', {
    service: chosen ? local(chosen, 'title', state.language) : '',
    minutes: model.cutoffs[cutoff],
    was: tens(was, say),
    now: tens(now, say),
    change: moreOrFewer(now - was, model.fewest, say),
  });
  const counted = say(chosen ? 'scheme_counts' : 'scheme_counts_all', betterAndWorse(view, keys, cutoff));
  const redrawn = (model.was ?? []).filter((community) => !community).length;
  return dotted([openThen(view), sentence, counted, redrawn ? say('scheme_redrawn_n', { n: redrawn }) : '']);
}

/** @param {SchemeChange} change @param {number} place @param {View} view @param {MarkActs} acts */
function changeItem({ zh, en, at }, place, { say, state }, acts) {
  const show = h('button.link', { type: 'button', onclick: () => acts.mark(place) }, say('check_show'));
  return h(
    'li.check',
    {},
    h('span.check-rank.scheme-mark', {}, place + 1),
    h('div', {}, h('p', {}, either(zh, en, state.language)), at ? show : null),
  );
}

/**
 * All changes of the scheme, and how its page is to be read.
 *
 * @param {View} view
 * @param {MarkActs} acts
 * @returns {Child[]}
 */
export function schemeDrawer(view, acts) {
  const { say, state, model } = view;
  const { changes, scenario } = /** @type {Before} */ (model.content.before);
  const box = h('input', {
    type: 'checkbox',
    checked: state.marks,
    'data-layer': 'scheme',
    onchange: (event) => acts.marks(isTicked(event)),
  });
  return [
    h('p', {}, say('scheme_lead', { name: scenario.name, n: changes.length })),
    scenario.parent ? h('p', {}, say('scheme_parent', { name: scenario.parent })) : null,
    h('label.check-marks', {}, box, say('checks_mark')),
    h('ol.checks', {}, ...changes.map((change, place) => changeItem(change, place, view, acts))),
    h('p.fine', {}, say('scheme_note')),
  ];
}
