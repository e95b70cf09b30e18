'use strict';
/**
 * What the reader has chosen, and who wants to know of a change.
 *
 * @typedef {{language: "zh" | "en", measure: string, service: string, cutoff: number, community: string,
 *   facility: string, query: string, sort: string, sites: boolean, merged: boolean, areas: boolean, names: boolean,
 *   clause: string, route: string, checks: boolean, check: number}} State
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
      const changed = new Set(Object.keys(patch).filter((key) => patch[key] !== state[key]));
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

const KEPT = Object.freeze({ language: 'l', measure: 'm', service: 's', cutoff: 't', community: 'c', facility: 'f', clause: 'n', route: 'r' });

/** The part of the state that an address keeps. @param {State} state */
export function toHash(state) {
  const parts = Object.entries(KEPT).filter(([key]) => state[key] !== '');
  return `#${parts.map(([key, letter]) => `${letter}=${encodeURIComponent(state[key])}`).join('&')}`;
}

/**
 * Choices from an address; whatever is not on offer is left out.
 *
 * @param {string} hash
 * @param {Object<string, readonly string[]>} allowed values by key
 */
export function fromHash(hash, allowed) {
  const found = {};
  for (const part of hash.replace(/^#/, '').split('&')) {
    const [letter, coded = ''] = part.split('=');
    const key = Object.keys(KEPT).find((name) => KEPT[name] === letter);
    if (!key) continue;
    let value = '';
    try {
      value = decodeURIComponent(coded);
    } catch {
      continue;
    }
    if (allowed[key]?.includes(value)) found[key] = key === 'cutoff' ? Number(value) : value;
  }
  return found;
}
