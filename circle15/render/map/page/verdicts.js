'use strict';
/**
 * What stands behind the verdicts: opened after the first picture, or at once where an address asks for it.
 *
 * @typedef {{id: string, book: number, zh: string, en: string, source: number, clause: string, year: number, status: string,
 *   grade: string, verified: boolean, level: string, unit: string, about: boolean, at_least?: number, at_most?: number,
 *   services?: string[], note_zh?: string, note_en?: string}} Clause
 * @typedef {{clause: Clause, at: number, verdict: string, observed: number | null, facility: number,
 *   walk: [number, number] | null, lacks: [string, string] | null}} LedgerRow
 */
import { readPaths } from "./shapes.js";
import { unpackJson } from "./bytes.js";

/** Measures of the map that need this, and the layer each one needs. */
export const LAYER_OF = Object.freeze({ norm: 'norms', robust: 'robust', cause: 'cause', type: 'types' });

/** Instead of a share: one to nine people make it up, or all but one to nine do. */
export const NEARLY = Object.freeze({ NONE: -1, ALL: -2 });

const byPair = (rows) => {
  const found = new Map((rows ?? []).map((row) => [`${row[0]} ${row[1]}`, row]));
  return (place, service) => found.get(`${place} ${service}`) ?? null;
};

/** @param {object} packed `content.verdicts` @param {string[]} services keys @param {object} bytes @param {object} grid */
export async function openVerdicts(packed, services, bytes, grid) {
  return verdictsOf(await unpackJson(packed), services, bytes, grid);
}

/** @param {object} parts as written by payload_verdicts.py */
export function verdictsOf(parts, services, bytes, grid) {
  const at = (key) => services.indexOf(key);
  const { norms = null, cause = null, robust = null } = parts;
  const [routes, causes, sure] = [byPair(parts.routes), byPair(cause?.rows), byPair(robust?.rows)];
  let paths = {};
  /** Lines are read when one is drawn for the first time. */
  const line = (name, place) => {
    if (!bytes.has(`${name}.points`)) return [];
    paths = { ...paths, [name]: paths[name] ?? readPaths(bytes, grid, name) };
    return paths[name][place] ?? [];
  };
  return {
    norms,
    clauseAt: (id) => norms?.clauses.findIndex((clause) => clause.id === id) ?? -1,
    unitsOf: (level) => ({ subdistrict: norms?.subdistricts ?? [], city: [''] })[level],
    ledgerRow: (clause, unit) => ledgerRow(norms, clause, unit),
    /** Rows of one community in the order of the books. @returns {LedgerRow[]} */
    ledgerOf: (place) => (norms?.clauses ?? []).flatMap((clause, k) => (clause.level === 'community' && norms.rows[k].v[place] !== '.' ? [ledgerRow(norms, k, place)] : [])),
    route(place, service) {
      const row = routes(place, at(service));
      return row && { facility: row[2], minutes: row[3], metres: row[4], points: () => line('route', row[5]) };
    },
    cause(place, service) {
      const row = causes(place, at(service));
      return row && { cause: cause.causes[row[2]], gates: row[3], link: row[4], direct: row[5], straight: row[6], linkAt: row[7] };
    },
    links: (cause?.links ?? []).map((link, k) => ({ ...link, points: () => line('link', k) })),
    robust(place, service) {
      const row = sure(place, at(service));
      return row && { verdict: robust.verdicts[row[2]], below: row[3], low: row[4], high: row[5], required: row[6] };
    },
    draws: robust?.draws ?? 0,
    assumptions: robust?.assumptions ?? [],
    ranks(place) {
      const own = robust?.communities[place];
      return own && { indexLow: own[0], indexHigh: own[1], low: own[2], high: own[3], gaps: own[4] };
    },
    checks: parts.checks ?? { all: 0, list: [] },
    types: parts.types ?? null,
    stability: parts.stability ?? null,
  };
}

/** @returns {LedgerRow} */
function ledgerRow(norms, at, unit) {
  const row = norms.rows[at];
  return {
    clause: norms.clauses[at], at, verdict: row.v[unit] ?? '.', observed: row.o[unit] ?? null, facility: row.f?.[unit] ?? -1,
    walk: row.w?.[unit] ?? null, lacks: row.l && row.l[unit] >= 0 ? norms.lacks[row.l[unit]] : null,
  };
}
