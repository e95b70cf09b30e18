/**
 * What the reader has chosen, and who wants to know of a change.
 *
 * @import { Language } from "./content.js"
 * @typedef {"index" | "uncovered" | "share" | "minutes"} Amount
 * @typedef {"norm" | "robust" | "cause" | "type"} Kind
 * @typedef {Amount | Kind} Measure
 * @typedef {"value" | "rank" | "uncovered" | "name"} Sort
 * @typedef {"today" | "scheme" | "change"} When
 *
 * @typedef {object} State
 * @property {Language} language
 * @property {Measure} measure
 * @property {string} service its key, or "all"
 * @property {number} cutoff position in the cut-offs
 * @property {string} community its id, "" for none
 * @property {string} facility its id, "" for none
 * @property {string} query
 * @property {Sort} sort
 * @property {boolean} sites
 * @property {boolean} merged
 * @property {boolean} areas
 * @property {boolean} names
 * @property {string} clause its id, "" for none
 * @property {string} route key of the service that a walk leads to, "" for none
 * @property {boolean} checks whether field checks are marked
 * @property {number} check position of the chosen one, -1 for none
 * @property {boolean} changes whether the changes that would help are marked
 * @property {number} change position of the chosen one, -1 for none
 * @property {"" | When} when what the page of a scheme shows, "" on any other page
 * @property {boolean} marks whether what the scheme changes is marked
 * @property {number} mark position of the chosen one, -1 for none
 *
 * @typedef {Set<string> | null} Changed keys of the state, or null where all is new
 */

/**
 * @template {object} T
 * @param {T} start
 */
export function store(start) {
  let state = Object.freeze({ ...start });
  /** @type {((state: T, changed: Set<string>) => void)[]} */
  const listeners = [];
  return {
    get: () => state,
    /** @param {Partial<T>} patch */
    set(patch) {
      const keys = /** @type {(keyof T & string)[]} */ (Object.keys(patch));
      const changed = new Set(keys.filter((key) => patch[key] !== state[key]));
      if (!changed.size) return;
      state = Object.freeze({ ...state, ...patch });
      for (const listener of listeners) listener(state, changed);
    },
    /** @param {(state: T, changed: Set<string>) => void} listener */
    watch(listener) {
      listeners.push(listener);
    },
  };
}

/**
 * @typedef {"language" | "measure" | "service" | "cutoff" | "community" | "facility" | "clause" | "route"
 *   | "when"} Kept
 */

/** @type {[Kept, string][]} */
const KEPT = [
  ['language', 'l'],
  ['measure', 'm'],
  ['service', 's'],
  ['cutoff', 't'],
  ['community', 'c'],
  ['facility', 'f'],
  ['clause', 'n'],
  ['route', 'r'],
  ['when', 'w'],
];

/** The part of the state that an address keeps. @param {Pick<State, Kept>} state */
export function toHash(state) {
  const parts = KEPT.filter(([key]) => state[key] !== '');
  return `#${parts.map(([key, letter]) => `${letter}=${encodeURIComponent(state[key])}`).join('&')}`;
}

/** Text from an address, or null where it is broken. @param {string} coded */
function decoded(coded) {
  try {
    return decodeURIComponent(coded);
  } catch {
    return null;
  }
}

/**
 * Choices from an address; whatever is not on offer is left out.
 *
 * @param {string} hash
 * @param {Partial<Record<Kept, readonly string[]>>} allowed values by key
 * @returns {Partial<State>}
 */
export function fromHash(hash, allowed) {
  /** @type {Partial<Record<Kept, string | number>>} */
  const choices = {};
  for (const item of hash.replace(/^#/, '').split('&')) {
    const [letter, coded = ''] = item.split('=');
    const key = KEPT.find((pair) => pair[1] === letter)?.[0];
    const value = decoded(coded);
    if (!key || value === null || !allowed[key]?.includes(value)) continue;
    choices[key] = key === 'cutoff' ? Number(value) : value;
  }
  return /** @type {Partial<State>} */ (choices);
}
