/**
 * The models of a scheme's page: the scheme, the city as it is today, and what changes between them.
 *
 * @import { Before, Content, Totals, Was } from "./content.js"
 * @import { Bytes } from "./bytes.js"
 * @import { Model, Place, Site } from "./model.js"
 * @import { When } from "./state.js"
 *
 * @typedef {Record<When, Model>} Models
 */
import { drawn } from './figures.js';
import { whereabouts } from './model.js';
import { readPolygons } from './shapes.js';

/** What shows no walks and no verdicts: these are of the scheme alone. */
const BARE = Object.freeze({ verdicts: null, reach: [], merged: [], mergedKeys: [] });

/** A community of today of whose people nothing is told. */
const NOBODY_TOLD = Object.freeze({
  community_type: '',
  community_type_en: '',
  outline: '',
  people_basis: '',
  population: null,
  pop_60plus: null,
  placed: '',
  more: {},
  gap: null,
  services: {},
  apart: true,
});

/**
 * Communities of today in the order of the scheme's, absent where they are not the same; behind them those that the
 * scheme does not have.
 *
 * @param {Model} model
 * @param {Before} before
 * @param {Place["rings"][]} rings of the latter
 * @returns {Place[]}
 */
function placesOf({ communities }, before, rings) {
  const same = communities.map((community, place) => {
    const was = before.same[place];
    return was
      ? { ...community, ...was }
      : { ...community, gap: null, services: {}, more: {}, rings: null, absent: true };
  });
  const apart = before.communities.map((words, at) => ({ ...NOBODY_TOLD, ...words, rings: rings[at] }));
  return [...same, ...apart];
}

/**
 * Facilities as they are today, in the scheme's order.
 *
 * @param {Model} model
 * @param {Before} before
 * @returns {Site[]}
 */
const sitesOf = ({ facilities }, before) =>
  facilities.map((facility) => {
    const was = before.facilities[facility.id];
    return was === undefined ? facility : (was ?? { ...facility, absent: true });
  });

/**
 * Sums over communities that are the same in both, where those of the whole city are not told.
 *
 * @param {(Was | null)[]} rows
 * @param {Pick<Model, "services" | "cutoffs" | "fewest">} model
 * @returns {Totals}
 */
export function sumsOf(rows, { services, cutoffs, fewest }) {
  const known = rows.filter((row) => row !== null);
  /** @param {(row: Was) => number | undefined} of */
  const sum = (of) => known.reduce((all, row) => all + Math.max(0, drawn(of(row) ?? 0, fewest)), 0);
  const keys = services.filter(({ determined }) => determined).map(({ key }) => key);
  return {
    pop_60plus: sum((row) => row.pop_60plus ?? 0),
    uncovered: Object.fromEntries(
      keys.map((key) => [key, cutoffs.map((_, at) => sum((row) => row.services[key]?.uncovered?.[at]))]),
    ),
    placed: Object.fromEntries(keys.map((key) => [key, sum((row) => row.services[key]?.placed)])),
  };
}

/** @param {Model} model @param {Before} before @returns {Content} */
const contentOf = (model, { totals, needs, profile, same }) => ({
  ...model.content,
  totals: totals ?? sumsOf(same, model),
  profile,
  actions: needs && { ...needs, list: [] },
});

/**
 * The three models; on a page that is of no scheme nothing.
 *
 * @param {Model} model the scheme's
 * @param {Bytes} bytes
 * @returns {Models | null}
 */
export function modelsOf(model, bytes) {
  const { content } = model;
  const { before } = content;
  if (!before) return null;
  const communities = placesOf(model, before, readPolygons(bytes, content.grid, 'before'));
  const facilities = sitesOf(model, before);
  const today = { ...model, ...BARE, layers: new Set(), content: contentOf(model, before), communities, facilities };
  const alike = model.communities.map((community, place) => (before.same[place] ? community : null));
  /** @type {Model} */
  const change = {
    ...model,
    verdicts: null,
    layers: new Set(),
    content: { ...content, actions: null, totals: before.totals ? content.totals : sumsOf(alike, model) },
    was: before.same,
  };
  return { scheme: model, today: { ...today, ...whereabouts(communities, facilities) }, change };
}

/** Every community that the page ever draws: those of the scheme, then those of today alone. @param {Models} models */
export const drawnPlaces = ({ scheme, today }) => [
  ...scheme.communities,
  ...today.communities.slice(scheme.communities.length),
];
