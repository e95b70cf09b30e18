/**
 * What the colours mean, and the lines below the map.
 *
 * @import { Measure } from "./state.js"
 * @import { View } from "./model.js"
 * @import { Say } from "./text.js"
 */

import { shownTitle } from './categories.js';
import { h } from './dom.js';
import { RAMP } from './figures.js';
import { MOST_LINKS } from './lines.js';
import { dotted, grouped, local, openThen } from './text.js';

/** Lower limits of shares, best class first. @param {number[]} breaks @returns {(place: number) => string} */
function shareLabel(breaks) {
  const [best, worst] = [breaks[0], breaks[breaks.length - 1]];
  /** @param {number} value */
  const text = (value) => `${Math.round(value * 100)}%`;
  return (place) => {
    if (place === 0) return `≥ ${text(best)}`;
    return place === breaks.length ? `< ${text(worst)}` : `${text(breaks[place])} – ${text(breaks[place - 1])}`;
  };
}

/**
 * Upper limits of amounts, best class first.
 *
 * @param {Measure} measure
 * @param {number[]} breaks
 * @param {Say} say
 * @returns {(place: number) => string}
 */
function amountLabel(measure, breaks, say) {
  /** @param {string} label */
  const unit = (label) => (measure === 'minutes' ? say('minutes_n', { n: label }) : label);
  const gap = measure === 'uncovered' || measure === 'index' ? 1 : 0; // whole numbers do not meet
  return (place) => {
    if (place === 0) return breaks[0] === 0 ? '0' : unit(`≤ ${grouped(breaks[0])}`);
    if (place === breaks.length) return unit(`> ${grouped(breaks[place - 1])}`);
    return unit(`${grouped(breaks[place - 1] + gap)} – ${grouped(breaks[place])}`);
  };
}

/**
 * Class limits as text, best class first; null where there is no class.
 *
 * @param {Measure} measure
 * @param {number[]} breaks
 * @param {Say} say
 */
export function classLabels(measure, breaks, say) {
  const label = measure === 'share' ? shareLabel(breaks) : amountLabel(measure, breaks, say);
  return RAMP.map((_, place) => (place > breaks.length ? null : label(place)));
}

/** What the colours are of: a clause or a service, and the cut-off. @param {View} view */
function subject(view) {
  const { say, state, model } = view;
  const { measure } = state;
  const service = model.serviceOf[state.service];
  const timed = measure === 'share' || measure === 'uncovered';
  const cutoff = timed ? say('minutes_n', { n: model.cutoffs[state.cutoff] }) : null;
  if (measure === 'index' || measure === 'type') return dotted([cutoff]);
  if (measure === 'norm') return dotted([shownTitle(view), cutoff]);
  return dotted([
    service ? local(service, 'title', state.language) : say(model.was ? 'scheme_most' : 'worst_of_all'),
    cutoff,
  ]);
}

/** @param {HTMLElement} swatch @param {string} label @param {number} count */
const line = (swatch, label, count) => h('li', {}, swatch, h('span', {}, label), h('b', {}, count));

/** A line for each kind or class that has communities, and for those that have none. @param {View} view */
function classLines({ say, state, result, model }) {
  const { measure } = state;
  const service = model.serviceOf[state.service];
  const marked = result.marks?.filter(Boolean).length ?? 0;
  const labels = result.kinds ? [] : classLabels(measure, result.breaks, say);
  const kinds = (result.kinds ?? []).map(({ label, tone, stripes }, place) => {
    const swatch = stripes ? h('i.swatch.none') : h('i.swatch', { style: { background: tone } });
    return result.counts[place] ? line(swatch, label, result.counts[place]) : null;
  });
  const classes = labels.map((label, place) =>
    label === null ? null : line(h('i.swatch', { style: { background: RAMP[place] } }), label, result.counts[place]),
  );
  const bare = model.was ? 'scheme_no_change' : 'no_value';
  const nothing = service && !service.determined ? say('undetermined') : say(bare);
  return [
    ...kinds,
    marked ? line(h('i.swatch.marked', { style: { background: '#8a8494' } }), say(`mark_${measure}`), marked) : null,
    ...classes,
    result.unknown ? line(h('i.swatch.unknown'), say('people_unknown'), result.unknown) : null,
    result.none ? line(h('i.swatch.none'), nothing, result.none) : null,
    result.hidden ? line(h('i.swatch.few'), say('not_public'), result.hidden) : null,
  ];
}

/** What the classes count. @param {View} view */
function unitOf({ say, state, model }) {
  return say(model.was ? `scheme_unit_${state.measure}` : `unit_${state.measure}`);
}

/** @param {View} view */
export function legend(view) {
  const { say, state } = view;
  const about = subject(view);
  const moment = openThen(view);
  return [
    h('h4', {}, say(`measure_${state.measure}`), about ? h('span', {}, about) : null),
    moment ? h('p.moment', {}, moment) : null,
    state.when ? h('p.moment', {}, say(`scheme_legend_${state.when}`)) : null,
    h('p.unit', {}, h('span', {}, unitOf(view)), h('span', {}, say('legend_communities'))),
    h('ul.classes', {}, ...classLines(view)),
    linkLegend(view),
    reachLegend(view),
    state.sites ? siteLegend(view) : null,
    grownNote(view),
  ];
}

/** Links, while causes are shown. @param {View} view */
function linkLegend({ say, state, model }) {
  const all = state.measure === 'cause' ? (model.verdicts?.links.length ?? 0) : 0;
  if (!all) return null;
  const shown = Math.min(all, MOST_LINKS);
  const text = state.community ? say('legend_links_here') : say('legend_links', { n: shown, all });
  return h('div.legend-reach', {}, h('p.keys', {}, h('span', {}, h('i.link-key'), text)));
}

/**
 * Outlines that were not drawn but grown along the streets are no boundaries: said where they are seen.
 *
 * @param {View} view
 */
function grownNote({ say, model }) {
  const { communities } = model;
  const grown = communities.filter(({ outline }) => outline === 'grown').length;
  if (!grown) return null;
  const text = grown === communities.length ? say('outlines_grown') : say('outlines_grown_n', { n: grown });
  return h('p.legend-note', {}, text);
}

/** The nested areas, while some are shown. @param {View} view */
function reachLegend({ say, state, model }) {
  const facility = model.facilities.find(({ id }) => id === state.facility);
  if ((!facility && !state.merged) || !model.reach.length) return null;
  const key = facility && !facility.services.includes(state.service) ? facility.services[0] : state.service;
  const tone = model.serviceOf[key]?.tone ?? '#555555';
  const steps = model.cutoffs.map((n, k) => {
    const style = { background: tone, opacity: [0.6, 0.38, 0.2, 0.12][Math.min(k, 3)] };
    return h('span', {}, h('i', { style }), say('minutes_short', { n }));
  });
  const radius = facility?.delivery_radius_m ?? 0;
  const delivery = radius > 0 ? say('legend_delivery', { n: grouped(radius) }) : '';
  const circle = h('i.dashed', { style: { color: tone } });
  return h(
    'div.legend-reach',
    {},
    h('p', {}, say('legend_reach')),
    h('p.keys', {}, ...steps),
    delivery ? h('p.keys', {}, h('span', {}, circle, delivery)) : null,
  );
}

/** Characters that half a line of the legend holds, twice: longer titles have a line of their own. */
const HALF_LINES = Object.freeze({ zh: 14, en: 28 });

/** @param {View} view */
function siteLegend({ say, model, state }) {
  const shown = model.services.filter(
    ({ determined, key }) => determined && (state.service === 'all' || key === state.service),
  );
  if (!shown.length) return null;
  const closed = model.facilities.some(({ open }) => open === false);
  const gone = model.facilities.some(({ state: unused }) => unused);
  /** @param {boolean} there @param {string} key */
  const struck = (there, key) => (there ? h('li', {}, h('span.glyph.small.closed', {}, '／'), say(key)) : null);
  return h(
    'ul.legend-sites',
    {},
    ...shown.map((service) => {
      const title = local(service, 'title', state.language);
      const sign = h('span.glyph.small', { style: { '--tone': service.tone } }, service.glyph);
      return h(title.length > HALF_LINES[state.language] ? 'li.wide' : 'li', {}, sign, title);
    }),
    struck(closed, 'closed_then'),
    struck(gone, 'not_in_use'),
  );
}

/** Attribution, review number and the line of law. @param {View} view */
export function footLine({ say, model }) {
  const { origins, tiles, city } = model.content;
  const credits = origins
    .filter(({ attribution }) => attribution)
    .map(({ attribution, licence }) => (licence ? `${attribution} (${licence})` : attribution));
  if (tiles) credits.push(tiles.attribution);
  const review = city.review_number ? say('review', { number: city.review_number }) : say('review_none');
  const host = tiles ? say('tiles_note', { host: new URL(tiles.hosts[0]).host }) : null;
  const lines = [...new Set(credits), host, review].filter(Boolean).map((text) => h('span', {}, text));
  return [...lines, h('strong', {}, say('internal'))];
}
