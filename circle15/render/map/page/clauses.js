/**
 * Clauses in words: what was observed, what is required, by how much, and what it rests on.
 *
 * @import { Clause, Language } from "./content.js"
 * @import { Judged } from "./verdicts.js"
 * @import { Bare } from "./model.js"
 * @import { Say } from "./text.js"
 * @typedef {Pick<Clause, "at_least" | "more_than" | "at_most" | "unit">} Limits
 * @typedef {Limits & Pick<Clause, "about">} Ruled
 * @typedef {Omit<Judged, "clause"> & {clause: Ruled}} Measured
 */
import { dotted, either, grouped, local } from './text.js';
import { NEARLY, normsIn } from './verdicts.js';

/** @type {Record<string, string>} */
const UNITS = Object.freeze({
  '%': 'unit_of_percent',
  m2: 'unit_of_m2',
  'm2/100hh': 'unit_of_m2_100hh',
  h: 'unit_of_h',
  people: 'unit_of_people',
  hh: 'unit_of_hh',
  sites: 'unit_of_sites',
  grids: 'unit_of_grids',
  items: 'unit_of_items',
  organisations: 'unit_of_organisations',
  yuan: 'unit_of_yuan',
  places: 'unit_of_places',
  'places/1000': 'unit_of_places_1000',
});

/** Up to one decimal. @param {number} value */
function number(value) {
  const whole = Number.isInteger(value) || Math.abs(value) >= 100;
  return (whole ? grouped(value) : String(Math.round(value * 10) / 10)).replace('-', '−');
}

/** A figure with its unit. @param {number | string} value @param {string} unit @param {Say} say */
export function withUnit(value, unit, say) {
  if (unit === 'yes') return say(Number(value) > 0 ? 'unit_yes' : 'unit_no');
  const text = typeof value === 'number' ? number(value) : value;
  return Object.hasOwn(UNITS, unit) ? say(UNITS[unit], { n: text }) : `${text} ${unit}`;
}

/** The lower bound of a clause, and the sign of what complies. @param {Limits} clause */
const floor = ({ at_least: least, more_than: more }) => ({
  least: more ?? least,
  sign: more === undefined ? '≥' : '>',
});

/** What a clause asks for. @param {Limits} clause @param {Say} say */
export function requiredText(clause, say) {
  const { at_most: most, unit } = clause;
  const { least, sign } = floor(clause);
  if (least !== undefined && most !== undefined) return withUnit(`${number(least)}–${number(most)}`, unit, say);
  if (unit === 'yes' && least !== undefined) return say('unit_yes');
  if (least !== undefined) return `${sign} ${withUnit(least, unit, say)}`;
  return most === undefined ? '' : `≤ ${withUnit(most, unit, say)}`;
}

/**
 * Where a rounded figure would seem to contradict its verdict, the verdict's side of the limit; else nothing.
 *
 * @param {Measured} row
 * @param {Say} say
 */
function limitText({ clause, verdict, observed }, say) {
  const { at_most: most, unit } = clause;
  const { least, sign } = floor(clause);
  if (!clause.about || observed === null) return '';
  const enough = least === undefined || (sign === '>' ? observed > least : observed >= least);
  if (verdict === 'f' && least !== undefined && most === undefined && enough) {
    return `${sign === '>' ? '≤' : '<'} ${withUnit(least, unit, say)}`;
  }
  if (verdict === 'p' && least !== undefined && !enough) return `${sign} ${withUnit(least, unit, say)}`;
  if (verdict === 'f' && most !== undefined && least === undefined && observed <= most) {
    return `> ${withUnit(most, unit, say)}`;
  }
  return verdict === 'p' && most !== undefined && observed > most ? `≤ ${withUnit(most, unit, say)}` : '';
}

/** A figure that is made of people in tens is marked. @param {boolean} rough @param {string} text @param {Say} say */
const about = (rough, text, say) => (rough ? say('about_n', { n: text }) : text);

/** A published figure. @param {Ruled} clause @param {number} value @param {Say} say */
function figureText(clause, value, say) {
  if (value === NEARLY.NONE) return say('nearly_none');
  if (value === NEARLY.ALL) return say('nearly_all');
  const exact = !clause.about || value === 0 || (clause.unit === '%' && value === 100);
  return about(!exact, withUnit(value, clause.unit, say), say);
}

/** Bounds of a figure: "≥ 465 m²", "465–930 m²". @param {Measured} row @param {Say} say */
function rangeText({ clause, low, high }, say) {
  if (low === null) return '';
  const first = figureText(clause, low, say);
  if (high === null) return `≥ ${first}`;
  const last = figureText(clause, high, say);
  if (low < 0 || high < 0) return first === last ? first : say('range_of', { low: first, high: last });
  if (first === last) return first;
  return about(clause.about, withUnit(`${number(low)}–${number(high)}`, clause.unit, say), say);
}

/** A figure or a range; nothing where neither is told. @param {Measured} row @param {{say: Say}} view */
export function observedText(row, { say }) {
  const { clause, observed } = row;
  if (observed === null) return rangeText(row, say);
  return (observed < 0 ? '' : limitText(row, say)) || figureText(clause, observed, say);
}

/** How far an observed value is on the wrong side, 0 where it is not; to order by only. @param {Measured} row */
export function shortfall({ clause, verdict, observed }) {
  if (verdict !== 'f' || observed === null) return 0;
  const { at_most: most } = clause;
  const { least } = floor(clause);
  const value = observed === NEARLY.NONE ? 0 : observed === NEARLY.ALL ? 100 : observed;
  /** @param {number} lack @param {number} limit */
  const weight = (lack, limit) => Math.min(499, (100 * lack) / (limit || 1));
  if (least !== undefined && value < least) return weight(least - value, least);
  return most !== undefined && value > most ? weight(value - most, most) : 0;
}

/** "12 short", "3 to spare"; nothing where it cannot be told. @param {Measured} row @param {{say: Say}} view */
export function marginText(row, { say }) {
  const { clause, verdict, observed } = row;
  const { at_most: most, unit } = clause;
  const { least } = floor(clause);
  if (observed === null || observed < 0 || !'pf'.includes(verdict) || unit === 'yes' || limitText(row, say)) return '';
  const spare = Math.min(
    least === undefined ? Infinity : observed - least,
    most === undefined ? Infinity : most - observed,
  );
  if (verdict === 'p' && spare < 0) return ''; // the nearest that there can be
  const size = Math.abs(spare);
  if (verdict === 'f' && size === 0) return ''; // the very figure, of which more is asked
  const amount = unit === '%' ? say('unit_of_points', { n: number(size) }) : withUnit(size, unit, say);
  return say(verdict === 'p' ? 'margin_spare' : 'margin_short', { n: about(clause.about, amount, say) });
}

/** Book, clause, year, status and grade. @param {Clause} clause @param {Bare} view */
export function sourceText(clause, { model, state, say }) {
  const [zh, en] = normsIn(model).sources[clause.source];
  const book = local({ title_zh: zh, title_en: en }, 'title', state.language);
  return dotted([book, clause.clause, clause.year, say(`status_${clause.status}`)]);
}

/** A clause's title. @param {Clause} clause @param {Language} language */
export const titleOf = (clause, language) => local({ title_zh: clause.zh, title_en: clause.en }, 'title', language);

/** How verdicts of a clause are marked, in words, if they are. @param {Clause} clause @param {Say} say */
export const markText = (clause, say) => (clause.mark ? say(`mark_${clause.mark}`) : '');

/** A clause's title, and how its verdicts are marked. @param {Clause} clause @param {Bare} view */
export const markedTitle = (clause, { say, state }) =>
  `${titleOf(clause, state.language)}${clause.mark ? ` (${markText(clause, say)})` : ''}`;

/** A book's title. @param {[string, string, string]} book key, Chinese, English @param {Language} language */
export const bookTitle = ([, zh, en], language) => either(zh, en, language);

/** The clauses that communities are judged by, with their positions. @param {Bare} view @param {number} book */
export const communityClauses = ({ model }, book) =>
  [...normsIn(model).clauses.entries()].filter(([, clause]) => clause.book === book && clause.level === 'community');
