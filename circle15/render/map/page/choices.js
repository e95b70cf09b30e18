/**
 * What the reader chooses: measure, service, cut-off, clause; the search and the order of the list.
 *
 * @import { Service } from "./content.js"
 * @import { View } from "./model.js"
 * @import { Kind, Measure, Sort, State } from "./state.js"
 * @typedef {(patch: Partial<State>) => void} Patch
 */

import { chosenClause } from './categories.js';
import { bookTitle, communityClauses, markedTitle } from './clauses.js';
import { choice, fieldValue, h, part } from './dom.js';
import { LAYER_OF } from './verdicts.js';

/** Measures that a page offers. @param {Set<string>} layers that stand behind the verdicts @returns {Measure[]} */
export function measuresOf(layers) {
  const kinds = /** @type {Kind[]} */ (Object.keys(LAYER_OF)).filter((kind) => layers.has(LAYER_OF[kind]));
  return ['index', 'uncovered', 'share', 'minutes', ...kinds];
}

/** @param {View} view @param {Patch} set */
function measureChoice({ say, state, model }, set) {
  const options = measuresOf(model.layers).map((value) => ({
    value,
    content: [say(`measure_${value}`)],
    title: say(`unit_${value}`),
  }));
  /** @param {string} value */
  const choose = (value) => {
    const measure = /** @type {Measure} */ (value);
    set(['index', 'norm', 'type'].includes(measure) ? { measure, service: 'all', facility: '' } : { measure });
  };
  return h('div.choice-row', {}, choice(say('measure'), options, state.measure, choose, 'segments'));
}

/** @param {View} view @param {Patch} set */
function serviceChoice({ say, state, model }, set) {
  /** @param {Service} service */
  const chip = (service) => {
    const { key, glyph, tone, determined } = service;
    const sign = h(
      `span.glyph${determined ? '' : '.open'}`,
      { style: { '--tone': tone }, 'aria-hidden': 'true' },
      glyph,
    );
    return {
      value: key,
      title: determined ? undefined : say('undetermined_why'),
      content: [sign, service[`title_${state.language}`]],
    };
  };
  const options = [{ value: 'all', content: [say('service_all')] }, ...model.services.map(chip)];
  /** @param {string} service */
  const choose = (service) => {
    const every = service === 'all';
    const measure = !every && state.measure === 'index' ? 'share' : state.measure;
    set({ service, facility: '', measure, merged: !every && state.merged });
  };
  return h('div.choice-row', {}, choice(say('service'), options, state.service, choose, 'chips'));
}

/** @param {View} view @param {Patch} set */
function cutoffChoice({ say, state, model }, set) {
  const options = model.cutoffs.map((n, place) => ({ value: String(place), content: [say('minutes_n', { n })] }));
  /** @param {string} value */
  const choose = (value) => set({ cutoff: Number(value) });
  const buttons = choice(say('cutoff'), options, String(state.cutoff), choose, 'segments');
  return h('div.choice-row.inline', {}, h('span.label', {}, say('cutoff')), buttons);
}

/** The clauses that communities are judged by, book after book. @param {View} view @param {Patch} set */
function clauseChoice(view, set) {
  const { say, model, state } = view;
  if (!model.verdicts?.norms) return null;
  const chosen = chosenClause(view);
  const groups = model.verdicts.norms.books.map((book, at) => {
    const options = communityClauses(view, at).map(([place, clause]) =>
      h('option', { value: clause.id, selected: place === chosen }, markedTitle(clause, view)),
    );
    return options.length ? h('optgroup', { label: bookTitle(book, state.language) }, ...options) : null;
  });
  /** @param {Event} event */
  const onchange = (event) => set({ clause: fieldValue(event) });
  return h('div.choice-row', {}, h('select.clause-choice', { 'aria-label': say('measure_norm'), onchange }, ...groups));
}

/** Measure, service or clause, and cut-off. @param {View} view @param {Patch} set */
export function choices(view, set) {
  const { measure } = view.state;
  const timed = measure === 'uncovered' || measure === 'share';
  const subject = measure === 'norm' ? clauseChoice : serviceChoice;
  return [
    measureChoice(view, set),
    measure === 'type' ? null : subject(view, set),
    timed ? cutoffChoice(view, set) : null,
  ];
}

/**
 * Services that stand in one line, on a phone: it stays where the reader scrolled it, with the chosen one in sight.
 *
 * @param {Element} holder of the choices, made anew
 * @param {number} scrolled pixels from the left, before
 */
export function showChosen(holder, scrolled) {
  const line = part(holder, '.chips');
  const chosen = line && part(line, '[aria-checked="true"]');
  if (!line || !chosen) return;
  line.scrollLeft = scrolled;
  const seen = line.getBoundingClientRect();
  const { left, right } = chosen.getBoundingClientRect();
  line.scrollLeft += Math.min(0, left - seen.left) + Math.max(0, right - seen.right);
}

/** @type {Sort[]} */
const SORTS = ['value', 'rank', 'uncovered', 'name'];

/** Search and order. @param {View} view @param {Patch} set */
export function finder({ say, state }, set) {
  const search = h('input', {
    type: 'search',
    placeholder: say('search'),
    'aria-label': say('search'),
    value: state.query,
    oninput: (event) => set({ query: fieldValue(event) }),
  });
  const orders = SORTS.map((value) => h('option', { value, selected: value === state.sort }, say(`sort_${value}`)));
  /** @param {Event} event */
  const onchange = (event) => set({ sort: /** @type {Sort} */ (fieldValue(event)) });
  return [search, h('select', { 'aria-label': say('sort'), onchange }, ...orders)];
}
