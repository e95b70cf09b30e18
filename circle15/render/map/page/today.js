/**
 * The models of a scheme's page: the scheme, the city as it is today, and what changes between them.
 *
 * @import { Before, Community, Content } from "./content.js"
 * @import { Bytes } from "./bytes.js"
 * @import { Model, Place, Site } from "./model.js"
 * @import { When } from "./state.js"
 *
 * @typedef {Record<When, Model>} Models
 */
import { whereabouts } from './model.js';
import { readPolygons } from './shapes.js';

/** What shows no walks and no verdicts: these are of the scheme alone. */
const BARE = Object.freeze({ verdicts: null, reach: [], merged: [], mergedKeys: [] });

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
  return [...same, ...before.communities.map((community, at) => ({ ...community, rings: rings[at] }))];
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

/** @param {Content} content @param {Before} before @returns {Content} */
const contentOf = (content, { totals, needs, profile }) => ({
  ...content,
  totals,
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
  const today = { ...model, ...BARE, layers: new Set(), content: contentOf(content, before), communities, facilities };
  /** @type {Model} */
  const change = {
    ...model,
    verdicts: null,
    layers: new Set(),
    content: { ...content, actions: null },
    was: before.same,
  };
  return { scheme: model, today: { ...today, ...whereabouts(communities, facilities) }, change };
}

/** Every community that the page ever draws: those of the scheme, then those of today alone. @param {Models} models */
export const drawnPlaces = ({ scheme, today }) => [
  ...scheme.communities,
  ...today.communities.slice(scheme.communities.length),
];
