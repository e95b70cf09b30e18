/**
 * The card of a facility, with its reach.
 *
 * @import { Facility } from "./content.js"
 * @import { Child } from "./dom.js"
 * @import { Bare } from "./model.js"
 */

import { backButton, signsOf } from './community_card.js';
import { h } from './dom.js';
import { dotted, grouped, inSeries, local, spokenHours } from './text.js';

/** Opacity by cut-off, the nearest darkest. */
const FADE = Object.freeze([0.55, 0.34, 0.18, 0.1]);

/**
 * Opening hours: as the list writes them, or in OpenStreetMap's syntax, whose few words are put into Chinese.
 *
 * @param {Facility} facility
 * @param {Bare} view
 */
function hoursOf({ opening_hours: listed, opening_hours_osm: syntax }, { say, state }) {
  const written = (state.language === 'en' && syntax) || listed || '';
  const plain = /^[\x20-\x7e]+$/.test(written);
  return state.language === 'zh' && plain ? spokenHours(written, say('hours_words').split(' ')) : written;
}

/** A number with its unit, or nothing. @param {number | null | undefined} value @param {string} [unit] */
const amount = (value, unit = '') => (value === null || value === undefined ? '' : `${grouped(value)}${unit}`);

/** Capacity of a site, by service where that is known. @param {Facility} facility @param {Bare} view */
function capacityOf({ capacity, capacity_by_service: parts }, { model, state }) {
  const known = Object.entries(parts ?? {}).filter(([key]) => model.serviceOf[key]);
  if (!known.length) return amount(capacity);
  return dotted(known.map(([key, n]) => `${local(model.serviceOf[key], 'title', state.language)} ${grouped(n ?? 0)}`));
}

/** What is known of a facility, line by line. @param {Facility} facility @param {Bare} view */
function lines(facility, view) {
  const { say, model, state } = view;
  const { delivery_radius_m: radius } = facility;
  const titles = facility.services
    .filter((key) => model.serviceOf[key])
    .map((key) => local(model.serviceOf[key], 'title', state.language));
  const facts = [
    ['facility_services', inSeries(titles, state.language)],
    ['facility_kind', local(facility, 'site_kind', state.language)],
    ['facility_tier', local(facility, 'tier', state.language)],
    ['facility_hours', hoursOf(facility, view)],
    ['facility_address', facility.address],
    ['facility_capacity', capacityOf(facility, view)],
    ['facility_area', amount(facility.floor_area_m2, ' m²')],
    ['facility_delivery', radius && radius > 0 ? say('delivery_n', { n: grouped(radius) }) : ''],
    ['facility_source', dotted([facility.source, facility.source_date])],
    ['facility_url', facility.source_url],
  ];
  return facts.flatMap(([key, text]) => (key && text ? [h('dt', {}, say(key)), h('dd', {}, text)] : []));
}

/** What to be careful about. @param {Facility} facility @param {Bare} view @returns {string[]} */
function warnings(facility, { say, model, state }) {
  const { denied, status, open, state: gone } = facility;
  const { open_at, max_snap_m } = model.content;
  const moment = open_at?.[state.language];
  const place = { 1: 'facility_far', 2: 'facility_island', 3: 'facility_moved' }[status];
  const hours = () => {
    if (!moment || denied || gone) return '';
    if (open === false) return say('facility_closed', { moment });
    return open === null ? say('facility_hours_unknown', { moment }) : '';
  };
  const told = place ? say(place, { n: max_snap_m }) : '';
  const unused = gone ? say('facility_not_in_use', { state: local(facility, 'state', state.language) }) : '';
  return [denied ? say('facility_denied') : '', unused, told, hours()].filter(Boolean);
}

/**
 * The community that a facility stands in.
 *
 * @param {number} at
 * @param {Bare} view
 * @param {{community: (place: number) => void}} acts
 */
function homeLine(at, { say, model, state }, acts) {
  const home = model.communityOf(at);
  if (home < 0) return null;
  const name = local(model.communities[home], 'name', state.language);
  const onclick = () => acts.community(home);
  return h('p.where', {}, h('button.link', { type: 'button', onclick }, say('in_community', { name })));
}

/**
 * @param {number} at
 * @param {Bare} view
 * @param {{back: () => void, community: (place: number) => void}} acts
 * @returns {Child[]}
 */
export function facilityCard(at, view, acts) {
  const { say, model, state } = view;
  const facility = model.facilities[at];
  const known = facility.services.find((key) => model.serviceOf[key]);
  const background = known === undefined ? '#666666' : model.serviceOf[known].tone;
  const keys = model.cutoffs.map((n, k) => {
    const swatch = h('i', { style: { background, opacity: FADE[Math.min(k, FADE.length - 1)] } });
    return h('span', {}, swatch, say('minutes_short', { n }));
  });
  return [
    backButton(view, acts),
    h('h2', { tabindex: -1 }, ...signsOf(facility, view), local(facility, 'name', state.language)),
    homeLine(at, view, acts),
    ...warnings(facility, view).map((warning) => h('p.caution', {}, warning)),
    model.reach.length ? h('p.keys', {}, say('facility_reach'), ...keys) : null,
    h('dl.lines', {}, ...lines(facility, view)),
  ];
}
