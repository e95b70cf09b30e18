/**
 * What stands behind the verdicts: opened after the first picture, or at once where an address asks for it.
 *
 * @import { Clause, Grid, Norms, PackedText, Verdict, VerdictParts } from "./content.js"
 * @import { Bytes } from "./bytes.js"
 * @import { LatLon } from "./shapes.js"
 * @import { Measure } from "./state.js"
 *
 * @typedef {{clause: Clause, verdict: Verdict, observed: number | null, low: number | null,
 *   high: number | null}} Judged
 * @typedef {Judged & {at: number, numbers: string, facility: number, walk: [number, number] | null,
 *   lacks: [string, string] | null}} LedgerRow
 * @typedef {ReturnType<typeof verdictsOf>} Verdicts
 * @typedef {NonNullable<ReturnType<Verdicts["route"]>>} Route
 * @typedef {NonNullable<ReturnType<Verdicts["cause"]>>} Cause
 * @typedef {Verdicts["links"][number]} DrawnLink
 */

import { unpackJson } from './bytes.js';
import { readPaths } from './shapes.js';

/** Measures of the map that need this, and the layer each one needs. */
export const LAYER_OF = Object.freeze({ norm: 'norms', robust: 'robust', cause: 'cause', type: 'types' });

/** Instead of a share: one to nine people make it up, or all but one to nine do. */
export const NEARLY = Object.freeze({ NONE: -1, ALL: -2 });

/**
 * The rest of a row by its community and service.
 *
 * @template {[number, number, ...unknown[]]} Row
 * @param {Row[] | undefined} rows
 * @returns {(place: number, service: number) => Row | null}
 */
function byPair(rows) {
  const lookup = new Map((rows ?? []).map((row) => [`${row[0]} ${row[1]}`, row]));
  return (place, service) => lookup.get(`${place} ${service}`) ?? null;
}

/**
 * Lines of a section, read when one is drawn for the first time.
 *
 * @param {Bytes} bytes
 * @param {Grid} grid
 * @param {string} name
 * @returns {(place: number) => LatLon[]}
 */
function linesOf(bytes, grid, name) {
  /** @type {LatLon[][] | null} */
  let paths = null;
  return (place) => {
    if (!bytes.has(`${name}.points`)) return [];
    paths ??= readPaths(bytes, grid, name);
    return paths[place] ?? [];
  };
}

/**
 * @param {PackedText} packed `content.verdicts`
 * @param {string[]} services keys
 * @param {Bytes} bytes
 * @param {Grid} grid
 */
export async function openVerdicts(packed, services, bytes, grid) {
  return verdictsOf(await unpackJson(packed), services, bytes, grid);
}

/**
 * @param {VerdictParts} parts
 * @param {string[]} services keys
 * @param {Bytes} bytes
 * @param {Grid} grid
 */
export function verdictsOf(parts, services, bytes, grid) {
  return {
    ...ledgerOf(parts.norms ?? null),
    ...remediesOf(parts, services, bytes, grid),
    ...oddsOf(parts, services),
    checks: parts.checks ?? { all: 0, list: [] },
    types: parts.types ?? null,
    stability: parts.stability ?? null,
  };
}

/** The ledger. @param {Norms | null} norms */
function ledgerOf(norms) {
  const clauses = norms?.clauses ?? [];
  /** @param {number} at @param {number} unit @returns {LedgerRow} */
  const ledgerRow = (at, unit) => {
    if (!norms) throw new Error('this page has no ledger');
    const row = norms.rows[at];
    return {
      clause: clauses[at],
      at,
      verdict: /** @type {Verdict} */ (row.v[unit] ?? '.'),
      observed: row.o[unit] ?? null,
      low: row.lo?.[unit] ?? null,
      high: row.hi?.[unit] ?? null,
      numbers: row.n?.[unit] ?? '',
      facility: row.f?.[unit] ?? -1,
      walk: row.w?.[unit] ?? null,
      lacks: row.l && row.l[unit] >= 0 ? norms.lacks[row.l[unit]] : null,
    };
  };
  return {
    norms,
    /** @param {string} id */
    clauseAt: (id) => clauses.findIndex((clause) => clause.id === id),
    /** Names of the units above communities. @param {"subdistrict" | "city"} level */
    unitsOf: (level) => (level === 'city' ? [''] : (norms?.subdistricts ?? [])),
    ledgerRow,
    /** Rows of one community in the order of the books. @param {number} place */
    ledgerOf: (place) =>
      clauses.flatMap(({ level }, at) => {
        const row = level === 'community' ? ledgerRow(at, place) : null;
        return row && row.verdict !== '.' ? [row] : [];
      }),
  };
}

/**
 * Walks, causes and missing links.
 *
 * @param {VerdictParts} parts
 * @param {string[]} services keys
 * @param {Bytes} bytes
 * @param {Grid} grid
 */
function remediesOf({ routes, cause }, services, bytes, grid) {
  const [routeRow, causeRow] = [byPair(routes), byPair(cause?.rows)];
  const [routeLine, linkLine] = [linesOf(bytes, grid, 'route'), linesOf(bytes, grid, 'link')];
  return {
    /** @param {number} place @param {string} service */
    route(place, service) {
      const row = routeRow(place, services.indexOf(service));
      if (!row) return null;
      const [, , facility, minutes, metres, line] = row;
      return { facility, minutes, metres, points: () => routeLine(line) };
    },
    /** @param {number} place @param {string} service */
    cause(place, service) {
      const row = causeRow(place, services.indexOf(service));
      if (!row || !cause) return null;
      const [, , kind, gates, link, direct, straight, linkAt] = row;
      return { cause: cause.causes[kind], gates, link, direct, straight, linkAt };
    },
    links: (cause?.links ?? []).map((link, at) => ({ ...link, points: () => linkLine(at) })),
  };
}

/** How sure the verdicts are. @param {VerdictParts} parts @param {string[]} services keys */
function oddsOf({ robust }, services) {
  const robustRow = byPair(robust?.rows);
  return {
    /** @param {number} place @param {string} service */
    robust(place, service) {
      const row = robustRow(place, services.indexOf(service));
      if (!row || !robust) return null;
      const [, , verdict, below, low, high, required] = row;
      return { verdict: robust.verdicts[verdict], below, low, high, required };
    },
    draws: robust?.draws ?? 0,
    assumptions: robust?.assumptions ?? [],
    /** @param {number} place */
    ranks(place) {
      const figures = robust?.communities[place];
      if (!figures) return null;
      const [indexLow, indexHigh, low, high, gaps] = figures;
      return { indexLow, indexHigh, low, high, gaps };
    },
  };
}

/**
 * Whether a measure shows kinds and not amounts.
 *
 * @param {Measure} measure
 * @returns {measure is keyof typeof LAYER_OF}
 */
export const byKind = (measure) => Object.hasOwn(LAYER_OF, measure);

/**
 * What stands behind the verdicts, for parts of the page that are shown only once it is open.
 *
 * @param {{verdicts: Verdicts | null}} model
 */
export function verdictsIn({ verdicts }) {
  if (!verdicts) throw new Error('what stands behind the verdicts is not open yet');
  return verdicts;
}

/** The ledger, likewise. @param {{verdicts: Verdicts | null}} model */
export function normsIn(model) {
  const { norms } = verdictsIn(model);
  if (!norms) throw new Error('this page has no ledger');
  return norms;
}
