/**
 * Everything that does not change while the page is open.
 *
 * @import { Community, Content, Facility, Service, Was } from "./content.js"
 * @import { Bytes } from "./bytes.js"
 * @import { Flat, Shape, Streets } from "./shapes.js"
 * @import { BoxIndex } from "./box_index.js"
 * @import { Chain } from "./street_names.js"
 * @import { Result } from "./figures.js"
 * @import { State } from "./state.js"
 * @import { Say } from "./text.js"
 * @import { Verdicts } from "./verdicts.js"
 *
 * @typedef {{flat: Flat, index: BoxIndex}} ContextLayer
 * @typedef {"water" | "green" | "buildings" | "residential" | "moat" | "water_line" | "rail_line"} ContextName
 *
 * @typedef {object} World what the basemap shows
 * @property {Streets} streets
 * @property {BoxIndex} index of the streets
 * @property {Partial<Record<ContextName, ContextLayer>>} context
 * @property {string[]} streetNames
 * @property {Chain[] | null} chains null until they are joined
 *
 * @typedef {Community & {rings: Shape | null, absent?: boolean, apart?: boolean}} Place absent where it is only in
 *   the scheme, apart where nothing is told of its people today
 * @typedef {Facility & {absent?: boolean}} Site
 *
 * @typedef {object} Model
 * @property {Content} content
 * @property {number} fewest the smallest number of people that is published
 * @property {Place[]} communities
 * @property {Site[]} facilities
 * @property {Service[]} services
 * @property {Record<string, Service>} serviceOf by key
 * @property {number[]} cutoffs in minutes
 * @property {(Shape | null)[]} reach isochrones, facility after facility
 * @property {(Shape | null)[]} merged isochrones, service after service
 * @property {string[]} mergedKeys services of `merged`
 * @property {World} world
 * @property {(at: number) => number} communityOf community that a facility stands in, -1 for none
 * @property {(place: number) => number[]} facilitiesIn
 * @property {Set<string>} layers that stand behind the verdicts
 * @property {Verdicts | null} verdicts null until they are opened
 * @property {(Was | null)[]} [was] communities today, where the page shows what changes
 *
 * @typedef {{state: State, model: Model, say: Say}} Bare what there is to say something of
 * @typedef {Bare & {result: Result}} View
 */
import { boxIndex } from './box_index.js';
import { readFlat, readPolygons, readStreets } from './shapes.js';

/** @type {readonly ContextName[]} */
const CONTEXT = Object.freeze(['water', 'green', 'buildings', 'residential', 'moat', 'water_line', 'rail_line']);

/** Even-odd test of a point in a shape's rings. @param {Shape | null} shape @param {number} lat @param {number} lon */
export function holds(shape, lat, lon) {
  let inside = false;
  for (const ring of (shape ?? []).flat()) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [[y1, x1], [y2, x2]] = [ring[i], ring[j]];
      if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
    }
  }
  return inside;
}

/** @param {Content} content @param {Bytes} bytes @returns {World} */
function worldOf(content, bytes) {
  const ranks = content.way_classes.map((way) => way.rank);
  const streets = readStreets(bytes, content.grid, ranks);
  /** @type {World["context"]} */
  const context = {};
  for (const name of CONTEXT) {
    if (!bytes.has(`${name}.points`)) continue;
    const flat = readFlat(bytes, content.grid, name);
    context[name] = { flat, index: boxIndex(flat) };
  }
  return { streets, index: boxIndex(streets), context, streetNames: content.street_names, chains: null };
}

/**
 * Which facility stands in which community; what is absent stands in none.
 *
 * @param {Place[]} communities
 * @param {Site[]} facilities
 * @returns {Pick<Model, "communityOf" | "facilitiesIn">}
 */
export function whereabouts(communities, facilities) {
  const homes = facilities.map(({ lat, lon, absent }) =>
    absent ? -1 : communities.findIndex((community) => !community.absent && holds(community.rings, lat, lon)),
  );
  return {
    communityOf: (at) => homes[at],
    facilitiesIn: (place) => homes.flatMap((home, at) => (home === place ? [at] : [])),
  };
}

/** @param {Content} content @param {Bytes} bytes @returns {Model} */
export function modelOf(content, bytes) {
  const rings = readPolygons(bytes, content.grid, 'community');
  const communities = content.communities.map((community, place) => ({ ...community, rings: rings[place] }));
  return {
    content,
    fewest: content.fewest,
    communities,
    serviceOf: Object.fromEntries(content.services.map((service) => [service.key, service])),
    services: content.services,
    facilities: content.facilities,
    cutoffs: content.cutoffs_ms.map((ms) => ms / 60000),
    reach: readPolygons(bytes, content.grid, 'reach'),
    merged: readPolygons(bytes, content.grid, 'merged'),
    mergedKeys: content.services.filter((service) => service.determined).map((service) => service.key),
    world: worldOf(content, bytes),
    ...whereabouts(communities, content.facilities),
    layers: new Set(content.verdicts?.layers ?? []),
    verdicts: null,
  };
}

/**
 * Position of what an id names, -1 for none.
 *
 * @param {{id: string, absent?: boolean}[]} items
 * @param {string} id
 */
export const placeOf = (items, id) => items.findIndex((item) => item.id === id && !item.absent);

/** How many there are, without those that are absent. @param {{absent?: boolean}[]} items */
export const countOf = (items) => items.filter(({ absent }) => !absent).length;
