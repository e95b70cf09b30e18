'use strict';
/** Clauses in words: what was observed, what is required, by how much, and what it rests on. */
import { grouped, local } from "./text.js";
import { NEARLY } from "./verdicts.js";

const UNITS = Object.freeze({ '%': 'unit_of_percent', m2: 'unit_of_m2', 'm2/100hh': 'unit_of_m2_100hh', h: 'unit_of_h', people: 'unit_of_people', hh: 'unit_of_hh', sites: 'unit_of_sites', grids: 'unit_of_grids', items: 'unit_of_items', yuan: 'unit_of_yuan' });

/** Up to one decimal. @param {number} value */
const number = (value) => (Number.isInteger(value) || Math.abs(value) >= 100 ? grouped(value).replace('-', '−') : String(Math.round(value * 10) / 10).replace('-', '−'));

/** A figure with its unit. @param {number | string} value @param {string} unit */
export function withUnit(value, unit, say) {
  if (unit === 'yes') return say(Number(value) > 0 ? 'unit_yes' : 'unit_no');
  const text = typeof value === 'number' ? number(value) : value;
  return Object.hasOwn(UNITS, unit) ? say(UNITS[unit], { n: text }) : `${text} ${unit}`;
}

/** What a clause asks for. @param {import("./verdicts.js").Clause} clause */
export function requiredText({ at_least: least, at_most: most, unit }, say) {
  if (least !== undefined && most !== undefined) return withUnit(`${number(least)}–${number(most)}`, unit, say);
  if (unit === 'yes' && least !== undefined) return say('unit_yes');
  if (least !== undefined) return `≥ ${withUnit(least, unit, say)}`;
  return most === undefined ? '' : `≤ ${withUnit(most, unit, say)}`;
}

/** Whether a rounded figure would seem to contradict its verdict: then only the verdict's side of the limit is told. */
function limitText({ clause, verdict, observed }, say) {
  const { at_least: least, at_most: most, unit } = clause;
  if (!clause.about) return '';
  if (verdict === 'f' && least !== undefined && most === undefined && observed >= least) return `< ${withUnit(least, unit, say)}`;
  if (verdict === 'p' && least !== undefined && observed < least) return `≥ ${withUnit(least, unit, say)}`;
  if (verdict === 'f' && most !== undefined && least === undefined && observed <= most) return `> ${withUnit(most, unit, say)}`;
  return verdict === 'p' && most !== undefined && observed > most ? `≤ ${withUnit(most, unit, say)}` : '';
}

/** @param {import("./verdicts.js").LedgerRow} row */
export function observedText(row, { say }) {
  const { clause, observed } = row;
  if (observed === null) return '–';
  if (observed === NEARLY.NONE) return say('nearly_none');
  if (observed === NEARLY.ALL) return say('nearly_all');
  const exact = !clause.about || observed === 0 || (clause.unit === '%' && observed === 100);
  return limitText(row, say) || `${exact ? '' : '≈ '}${withUnit(observed, clause.unit, say)}`;
}

/** How far an observed value is on the wrong side, 0 where it is not; to order by only. */
export function shortfall({ clause, verdict, observed }) {
  if (verdict !== 'f' || observed === null) return 0;
  const value = observed === NEARLY.NONE ? 0 : observed === NEARLY.ALL ? 100 : observed;
  const { at_least: least, at_most: most } = clause;
  const [lack, limit] = least !== undefined && value < least ? [least - value, least] : most !== undefined && value > most ? [value - most, most] : [0, 1];
  return Math.min(499, (100 * lack) / (limit || 1));
}

/** "12 short", "3 to spare"; nothing where it cannot be told. @param {import("./verdicts.js").LedgerRow} row */
export function marginText(row, { say }) {
  const { clause, verdict, observed } = row;
  const { at_least: least, at_most: most, unit, about } = clause;
  if (observed === null || observed < 0 || !'pf'.includes(verdict) || unit === 'yes' || limitText(row, say)) return '';
  const edges = [least === undefined ? null : observed - least, most === undefined ? null : most - observed].filter((edge) => edge !== null);
  const spare = Math.min(...edges);
  const size = Math.abs(spare);
  const n = `${about ? '≈ ' : ''}${unit === '%' ? say('unit_of_points', { n: number(size) }) : withUnit(size, unit, say)}`;
  return verdict === 'p' ? say('margin_spare', { n }) : say('margin_short', { n });
}

/** Book, clause, year, status and grade. */
export function sourceText(clause, { model, state, say }) {
  const [zh, en] = model.verdicts.norms.sources[clause.source];
  return [local({ title_zh: zh, title_en: en }, 'title', state.language), clause.clause, clause.year, say(`status_${clause.status}`)].filter(Boolean).join(' · ');
}

/** A clause's title. */
export const titleOf = (clause, language) => local({ title_zh: clause.zh, title_en: clause.en }, 'title', language);
