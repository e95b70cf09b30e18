'use strict';
/**
 * What the map and the list show: a value per community, its class, its colour. All from published counts.
 *
 * @typedef {{placed: number, uncovered: number[] | null, rough: boolean, mean_min: number | null, p90_min: number | null}} Cell
 * @typedef {{id: string, pop_60plus: number, gap: {index: number, rank: number} | null, services: Object<string, Cell>}} Community
 * @typedef {{kind: "value" | "hidden" | "none", value: number, rough: boolean, service: string, code?: number}} Figure
 */
import { SUPPRESSED } from "./text.js";

/** From best to worst; lightness falls all the way, so it reads in grey and with any colour vision. */
export const RAMP = Object.freeze(['#fbf4df', '#f7dba7', '#eeb377', '#d9805b', '#b34d4d', '#77263d']);

const MIDDLE_OF_FEW = 5;
const FEWEST = 10;

/** People not covered as a number to draw with: the middle where one to nine are hidden. @param {number} count */
export const drawn = (count) => (count === SUPPRESSED ? MIDDLE_OF_FEW : count);

/** Covered share of placed people, 0..1, or null where it cannot be told. @param {Cell | undefined} cell @param {number} cutoff */
export function shareOf(cell, cutoff) {
  if (!cell || !cell.uncovered || cell.placed < FEWEST) return null;
  return Math.max(0, Math.min(1, 1 - drawn(cell.uncovered[cutoff]) / cell.placed));
}

const NONE = Object.freeze({ kind: 'none', value: NaN, rough: false, service: '' });
const HIDDEN = Object.freeze({ kind: 'hidden', value: NaN, rough: false, service: '' });

/** Colour of a community's class, or null where it has none. @param {object} result of `classified` or `categorised` @param {number} place */
export function toneOf(result, place) {
  const own = result.classes[place];
  return own < 0 ? null : result.kinds ? result.kinds[own].tone : RAMP[own];
}

/** One service's figure. @returns {Figure} */
function cellFigure(cell, measure, cutoff, service) {
  const found = (value, rough, code) => (value === null || Number.isNaN(value) ? NONE : { kind: 'value', value, rough, service, code });
  if (!cell) return NONE;
  if (measure === 'minutes') return found(cell.mean_min, false);
  if (measure === 'share') return found(shareOf(cell, cutoff), cell.rough);
  return cell.uncovered ? found(drawn(cell.uncovered[cutoff]), cell.rough, cell.uncovered[cutoff]) : NONE;
}

/**
 * A community's figure. With service "all" it is that of its worst service.
 *
 * @param {Community} community
 * @param {{measure: string, service: string, cutoff: number}} view
 * @returns {Figure}
 */
export function figureOf(community, view) {
  if (!community.gap) return community.pop_60plus === SUPPRESSED || community.pop_60plus === 0 ? HIDDEN : NONE;
  if (view.measure === 'index') {
    const { index } = community.gap;
    return index === null ? NONE : { kind: 'value', value: index, rough: false, service: '' };
  }
  if (view.service !== 'all') return cellFigure(community.services[view.service], view.measure, view.cutoff, view.service);
  const sign = view.measure === 'share' ? -1 : 1;
  return Object.entries(community.services)
    .map(([service, cell]) => cellFigure(cell, view.measure, view.cutoff, service))
    .filter((figure) => figure.kind === 'value')
    .reduce((worst, figure) => (worst.kind === 'none' || sign * figure.value > sign * worst.value ? figure : worst), NONE);
}

/**
 * Upper ends of the classes, best first, fixed where figures should compare between cities.
 *
 * @param {string} measure @param {number[]} values @param {number[]} cutoffs in minutes
 * @returns {number[]} five breaks for six classes
 */
export function breaksOf(measure, values, cutoffs) {
  if (measure === 'index') return [5, 15, 30, 50, 70];
  if (measure === 'share') return [0.95, 0.8, 0.6, 0.4, 0.2];
  if (measure === 'minutes') {
    const last = cutoffs[cutoffs.length - 1];
    return [...new Set([...cutoffs, last * 1.5, last * 2, last * 3, last * 4])].sort((a, b) => a - b).slice(0, 5);
  }
  const most = Math.max(0, ...values);
  const unit = [500, 250, 100, 50, 25, 10].find((step) => step * 8 <= most) ?? 10;
  return [0, unit, 2 * unit, 4 * unit, 8 * unit];
}

/** Class of a value: 0 the best, 5 the worst. @param {string} measure @param {number} value @param {number[]} breaks */
export function classOf(measure, value, breaks) {
  const within = measure === 'share' ? (end) => value >= end : (end) => value <= end;
  const found = breaks.findIndex(within);
  return found < 0 ? breaks.length : found;
}

/**
 * Everything that the map, the list and the legend need for a view.
 *
 * @param {Community[]} communities
 * @param {{measure: string, service: string, cutoff: number}} view
 * @param {number[]} cutoffs in minutes
 */
export function classified(communities, view, cutoffs) {
  const figures = communities.map((community) => figureOf(community, view));
  const breaks = breaksOf(view.measure, figures.filter((f) => f.kind === 'value').map((f) => f.value), cutoffs);
  const classes = figures.map((figure) => (figure.kind === 'value' ? classOf(view.measure, figure.value, breaks) : -1));
  const counts = RAMP.map((_, place) => classes.filter((own) => own === place).length);
  return {
    figures,
    breaks,
    classes,
    counts,
    hidden: figures.filter((figure) => figure.kind === 'hidden').length,
    none: figures.filter((figure) => figure.kind === 'none').length,
  };
}

/**
 * Places of communities in the order of the list: what is shown from worst to best, figures before none.
 *
 * @param {Community[]} communities @param {Figure[]} figures @param {string} sort @param {string} measure
 * @param {(community: Community) => string} nameOf @param {number} cutoff
 */
export function ordered(communities, figures, sort, measure, nameOf, cutoff) {
  const places = communities.map((_, place) => place);
  const byName = (a, b) => nameOf(communities[a]).localeCompare(nameOf(communities[b]), 'zh-Hans-CN');
  const rank = (place) => communities[place].gap?.rank ?? Infinity;
  const worst = (place) => {
    const lost = Object.values(communities[place].services).map((cell) => (cell.uncovered ? drawn(cell.uncovered[cutoff]) : 0));
    return communities[place].gap ? Math.max(0, ...lost) : -1;
  };
  const shown = (place) => {
    const { kind, value } = figures[place];
    return kind === 'value' ? (measure === 'share' ? value : -value) : Infinity;
  };
  const compare = (key) => (a, b) => {
    const [left, right] = [key(a), key(b)];
    return left === right ? rank(a) - rank(b) || byName(a, b) : left - right;
  };
  const orders = { value: compare(shown), rank: compare(rank), uncovered: compare((place) => -worst(place)), name: byName };
  return places.sort(orders[sort]);
}
