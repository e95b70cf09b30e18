/**
 * What the map and the list show: a value per community, its class, its colour. All from published counts.
 *
 * @import { Cell, Community } from "./content.js"
 * @import { Measure, Sort } from "./state.js"
 *
 * @typedef {object} Figure
 * @property {"value" | "hidden" | "unknown" | "none" | "absent"} kind absent is what is only today, or only in a scheme
 * @property {number} value
 * @property {string} service the one that it is of, where all are asked for
 * @property {number} [code] as published, where `value` stands in for it
 * @property {string | number} [key] of a measure by kind
 * @property {string} [text]
 * @property {string} [note]
 * @property {boolean} [mark] whether it is hatched
 * @property {string} [why] there is none, in words
 * @property {boolean} [still] whether it is a change of nothing
 *
 * @typedef {{key: string | number, label: string, tone: string, stripes?: boolean}} KindOf one kind in the legend
 *
 * @typedef {object} Result
 * @property {Figure[]} figures of the communities
 * @property {number[]} breaks
 * @property {number[]} classes of the communities, -1 for none
 * @property {number[]} counts of the classes
 * @property {number} hidden
 * @property {number} unknown whose people nobody knows
 * @property {number} none
 * @property {KindOf[]} [kinds] of a measure by kind
 * @property {boolean[]} [dark] whether a community's tone is
 * @property {boolean[]} [marks] whether a community is hatched
 *
 * @typedef {Pick<Community, "pop_60plus" | "gap" | "services"> & {absent?: boolean, apart?: boolean}} Counted
 * @typedef {{measure: Measure, service: string, cutoff: number}} Choice
 */
import { PALETTE } from './palette.js';
import { SUPPRESSED } from './text.js';

/** From best to worst; lightness falls all the way, so it reads in grey and with any colour vision. */
export const RAMP = PALETTE.ramp;

/** Lower ends of the classes of shares, best first. */
export const SHARE_ENDS = Object.freeze([0.95, 0.8, 0.6, 0.4, 0.2]);

/** @type {Readonly<Figure>} */
export const NONE = Object.freeze({ kind: 'none', value: NaN, service: '' });
/** @type {Readonly<Figure>} */
export const HIDDEN = Object.freeze({ kind: 'hidden', value: NaN, service: '' });

/** @type {Readonly<Figure>} */
export const UNKNOWN = Object.freeze({ kind: 'unknown', value: NaN, service: '' });

/** @type {Readonly<Figure>} */
export const ABSENT = Object.freeze({ kind: 'absent', value: NaN, service: '' });

/** Of a community of today that is not the same in a scheme: nothing is told of it. @type {Readonly<Figure>} */
export const APART = Object.freeze({ kind: 'none', value: NaN, service: '', key: 'apart' });

/**
 * People not covered as a number to draw with: the middle of the numbers that are hidden.
 *
 * @param {number} count
 * @param {number} fewest the smallest number that is published
 */
export const drawn = (count, fewest) => (count === SUPPRESSED ? fewest / 2 : count);

/**
 * Covered share of placed people, 0..1, or null where it cannot be told.
 *
 * @param {Cell | undefined} cell
 * @param {number} cutoff
 * @param {number} fewest
 */
export function shareOf(cell, cutoff, fewest) {
  if (!cell?.uncovered || cell.placed < fewest) return null;
  return Math.max(0, Math.min(1, 1 - drawn(cell.uncovered[cutoff], fewest) / cell.placed));
}

/**
 * Colour of a community's class, or null where it has none.
 *
 * @param {Result} result
 * @param {number} place
 */
export function toneOf({ classes, kinds }, place) {
  const at = classes[place];
  if (at < 0) return null;
  return kinds ? kinds[at].tone : RAMP[at];
}

/** Fewer people than this may be too few for any figure of a part of them. */
const MANY = 20;

/** Whether a community's people are not public. @param {Counted} community */
export const isHidden = ({ gap, pop_60plus: elders }) => !gap && elders !== null && elders < MANY;

/** Whether nobody knows how many people aged 60+ a community has. @param {Pick<Counted, "pop_60plus">} community */
export const isUnknown = ({ pop_60plus: elders }) => elders === null;

/** Why a community has no figure at all. @param {Counted} community */
export function without(community) {
  if (community.apart) return APART;
  if (isUnknown(community)) return UNKNOWN;
  return isHidden(community) ? HIDDEN : NONE;
}

/**
 * One service's figure.
 *
 * @param {Cell | undefined} cell
 * @param {string} service
 * @param {Choice} choice
 * @param {number} fewest
 * @returns {Figure}
 */
function cellFigure(cell, service, { measure, cutoff }, fewest) {
  /** @param {number | null} value @param {number} [code] @returns {Figure} */
  const figure = (value, code) =>
    value === null || Number.isNaN(value) ? NONE : { kind: 'value', value, service, code };
  if (!cell) return NONE;
  if (measure === 'minutes') return figure(cell.mean_min);
  if (measure === 'share') return figure(shareOf(cell, cutoff, fewest));
  if (!cell.uncovered) return NONE;
  return figure(drawn(cell.uncovered[cutoff], fewest), cell.uncovered[cutoff]);
}

/**
 * A community's figure. With service "all" it is that of its worst service.
 *
 * @param {Counted} community
 * @param {Choice} choice
 * @param {number} fewest
 * @returns {Figure}
 */
export function figureOf(community, choice, fewest) {
  if (community.absent) return ABSENT;
  if (!community.gap) return without(community);
  if (choice.measure === 'index') {
    const { index } = community.gap;
    return index === null ? NONE : { kind: 'value', value: index, service: '' };
  }
  const { services } = community;
  if (choice.service !== 'all') return cellFigure(services[choice.service], choice.service, choice, fewest);
  const sign = choice.measure === 'share' ? -1 : 1;
  return Object.entries(services)
    .map(([service, cell]) => cellFigure(cell, service, choice, fewest))
    .filter((figure) => figure.kind === 'value')
    .reduce(
      (worst, figure) => (worst.kind === 'none' || sign * figure.value > sign * worst.value ? figure : worst),
      /** @type {Figure} */ (NONE),
    );
}

/**
 * Upper ends of the classes, best first, fixed where figures should compare between cities.
 *
 * @param {Measure} measure
 * @param {number[]} values
 * @param {number[]} cutoffs in minutes
 * @returns {number[]} five breaks for six classes
 */
export function breaksOf(measure, values, cutoffs) {
  if (measure === 'index') return [5, 15, 30, 50, 70];
  if (measure === 'share') return [...SHARE_ENDS];
  if (measure === 'minutes') {
    const last = cutoffs[cutoffs.length - 1];
    const ends = [...new Set([...cutoffs, last * 1.5, last * 2, last * 3, last * 4])];
    return ends.sort((a, b) => a - b).slice(0, 5);
  }
  const most = Math.max(0, ...values);
  const unit = [500, 250, 100, 50, 25, 10].find((step) => step * 8 <= most) ?? 10;
  return [0, unit, 2 * unit, 4 * unit, 8 * unit];
}

/**
 * Class of a value: 0 the best, 5 the worst.
 *
 * @param {Measure} measure
 * @param {number} value
 * @param {number[]} breaks
 */
export function classOf(measure, value, breaks) {
  const at = breaks.findIndex((end) => (measure === 'share' ? value >= end : value <= end));
  return at < 0 ? breaks.length : at;
}

/**
 * Everything that the map, the list and the legend need for a view.
 *
 * @param {Counted[]} communities
 * @param {Choice} choice
 * @param {number[]} cutoffs in minutes
 * @param {number} fewest the smallest number of people that is published
 * @returns {Result}
 */
export function classified(communities, choice, cutoffs, fewest) {
  const { measure } = choice;
  const figures = communities.map((community) => figureOf(community, choice, fewest));
  const values = figures.filter(({ kind }) => kind === 'value').map(({ value }) => value);
  const breaks = breaksOf(measure, values, cutoffs);
  const classes = figures.map(({ kind, value }) => (kind === 'value' ? classOf(measure, value, breaks) : -1));
  return { figures, breaks, classes, ...tallied(figures, classes, RAMP.length) };
}

/**
 * How many communities are in each class, and how many in none.
 *
 * @param {Figure[]} figures
 * @param {number[]} classes
 * @param {number} size how many classes there are
 */
export function tallied(figures, classes, size) {
  /** @param {Figure["kind"]} kind */
  const count = (kind) => figures.filter((figure) => figure.kind === kind).length;
  const counts = Array.from({ length: size }, (_, at) => classes.filter((place) => place === at).length);
  return { counts, hidden: count('hidden'), unknown: count('unknown'), none: count('none') };
}

/**
 * Places of communities in the order of the list: what is shown from worst to best, figures before none.
 *
 * @template {Counted} T
 * @param {T[]} communities
 * @param {Figure[]} figures
 * @param {{sort: Sort, measure: Measure, cutoff: number}} choice
 * @param {(community: T) => string} nameOf
 * @param {number} fewest
 */
export function ordered(communities, figures, { sort, measure, cutoff }, nameOf, fewest) {
  /** @param {number} a @param {number} b */
  const byName = (a, b) => nameOf(communities[a]).localeCompare(nameOf(communities[b]), 'zh-Hans-CN');
  /** @param {number} place */
  const rank = (place) => communities[place].gap?.rank ?? Infinity;
  /** @param {number} place */
  const mostLost = (place) => {
    const cells = Object.values(communities[place].services);
    const lost = cells.map(({ uncovered }) => (uncovered ? drawn(uncovered[cutoff], fewest) : 0));
    return communities[place].gap ? Math.max(0, ...lost) : -1;
  };
  /** @param {number} place */
  const shown = (place) => {
    const { kind, value } = figures[place];
    if (kind !== 'value') return Infinity;
    return measure === 'share' ? value : -value;
  };
  /** @param {(place: number) => number} key @returns {(a: number, b: number) => number} */
  const compare = (key) => (a, b) => {
    const [left, right] = [key(a), key(b)];
    return left === right ? rank(a) - rank(b) || byName(a, b) : left - right;
  };
  const orders = {
    value: compare(shown),
    rank: compare(rank),
    uncovered: compare((place) => -mostLost(place)),
    name: byName,
  };
  return communities.map((_, place) => place).sort(orders[sort]);
}
