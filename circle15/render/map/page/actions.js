/**
 * What the reader can do.
 *
 * @import { Child } from "./dom.js"
 * @import { Frame, SheetPosition } from "./frame.js"
 * @import { Lines } from "./lines.js"
 * @import { Model, View } from "./model.js"
 * @import { Layers } from "./places.js"
 * @import { State, When } from "./state.js"
 * @import { Models } from "./today.js"
 *
 * @typedef {"actions" | "findings" | "method" | "clauses" | "field_checks" | "scheme"} DrawerKind
 * @typedef {{get: () => State, set: (patch: Partial<State>) => void}} Chosen
 *
 * @typedef {object} Stage all that actions act on
 * @property {L.Map} map
 * @property {Model} model
 * @property {Models | null} models of a scheme's page
 * @property {Chosen} chosen
 * @property {Frame} frame
 * @property {() => View} viewNow
 * @property {() => Layers} layers
 *
 * @typedef {ReturnType<typeof mapActs> & ReturnType<typeof cardActs> & ReturnType<typeof verdictActs>
 *   & ReturnType<typeof changeActs> & ReturnType<typeof schemeActs> & ReturnType<typeof pageActs>} Acts
 */
import { changesDrawer } from './changes.js';
import { checksDrawer, clausesDrawer } from './clause_drawers.js';
import { fill, h, part } from './dom.js';
import { findingsDrawer, methodDrawer } from './drawers.js';
import { siteBounds, wholeOf } from './frame.js';
import { placeOf } from './model.js';
import { saveTable } from './save_table.js';
import { schemeDrawer } from './scheme.js';
import { byKind, verdictsIn } from './verdicts.js';

const FLIGHT_S = 0.6;
/** Width in px up to which a page is a phone's. */
const PHONE_PX = 760;

const isWide = () => window.innerWidth > PHONE_PX;

/** What the boxes on the map leave free. @param {Frame} frame @returns {L.FitBoundsOptions} */
function roomIn(frame) {
  if (isWide()) return { paddingTopLeft: [20, 20], paddingBottomRight: [270, 46], maxZoom: 17 };
  const below = frame.page.dataset.sheet === 'peek' ? 220 : Math.round(window.innerHeight * 0.53);
  return { paddingTopLeft: [12, 12], paddingBottomRight: [12, below], maxZoom: 15.5 };
}

/** @param {Frame} frame @param {SheetPosition} position */
function putSheet(frame, position) {
  frame.page.dataset.sheet = position;
}

/** @param {Frame} frame */
const focusCard = (frame) => part(frame.card, 'h2')?.focus({ preventScroll: true });

/** Where the map looks. @param {Stage} stage */
function mapActs({ map, model, chosen, frame, viewNow, layers }) {
  /** @param {boolean} [animate] */
  const whole = (animate = true) => {
    map.fitBounds(wholeOf(model), { ...roomIn(frame), maxZoom: 17, animate });
  };
  /** Where an address leads to. */
  const arrive = () => {
    const { community, facility } = chosen.get();
    const shown = viewNow().model;
    const at = placeOf(shown.facilities, facility);
    const place = placeOf(shown.communities, community);
    if (at >= 0 || place >= 0) putSheet(frame, 'half');
    const around = at < 0 ? null : siteBounds(shown, at);
    if (around) map.fitBounds(around, { ...roomIn(frame), animate: false });
    else if (place < 0) whole(false);
    else map.fitBounds(layers().boundsOf(place).pad(0.8), { ...roomIn(frame), animate: false });
  };
  return {
    whole,
    arrive,
    /** @param {number} steps */
    zoom: (steps) => {
      map.setZoom(map.getZoom() + 0.75 * steps);
    },
    /** @param {SheetPosition} position */
    sheet: (position) => putSheet(frame, position),
  };
}

/** Cards that are opened and closed. @param {Stage} stage */
function cardActs({ map, chosen, frame, viewNow, layers }) {
  return {
    /** @param {number} place */
    openCommunity: (place) => {
      putSheet(frame, 'half');
      chosen.set({ community: viewNow().model.communities[place].id, facility: '', route: '' });
      const bounds = layers().boundsOf(place);
      if (!map.getBounds().contains(bounds) || map.getZoom() < 13.5) {
        map.flyToBounds(bounds, { ...roomIn(frame), duration: FLIGHT_S });
      }
      focusCard(frame);
    },
    /** @param {number} at */
    openFacility: (at) => {
      putSheet(frame, 'half');
      chosen.set({ facility: viewNow().model.facilities[at].id });
      const bounds = siteBounds(viewNow().model, at);
      if (bounds && !map.getBounds().contains(bounds)) {
        map.flyToBounds(bounds, { ...roomIn(frame), duration: FLIGHT_S });
      }
      focusCard(frame);
    },
    back: () => {
      const { facility, community } = chosen.get();
      chosen.set(facility && community ? { facility: '' } : { community: '', facility: '', route: '' });
      if (facility) return;
      const row = part(frame.list, `[data-community="${CSS.escape(community)}"]`);
      row?.scrollIntoView({ block: 'center' });
      row?.focus({ preventScroll: true });
    },
    /** @param {string} service */
    service: (service) => {
      const { measure } = chosen.get();
      chosen.set({ service, measure: measure === 'index' ? 'share' : measure });
    },
  };
}

/** What stands behind the verdicts. @param {Stage} stage */
function verdictActs({ map, model, chosen, frame }) {
  return {
    /** Books of a ledger that stay open. @type {Set<string>} */
    opened: new Set(),
    /** Draw the typical walk to a service, or take it away with "". @param {string} service @param {number} place */
    route: (service, place) => {
      putSheet(frame, 'half');
      chosen.set({ route: service, facility: '' });
      const points = service ? (verdictsIn(model).route(place, service)?.points() ?? []) : [];
      if (points.length > 1) {
        const room = isWide() ? {} : { paddingTopLeft: L.point(12, 180) };
        const bounds = L.latLngBounds(points).pad(0.15);
        map.flyToBounds(bounds, { ...roomIn(frame), ...room, duration: FLIGHT_S });
      }
      part(frame.card, `[data-route="${CSS.escape(service)}"]`)?.focus({ preventScroll: true });
    },
    /** @param {string} id */
    clause: (id) => {
      frame.drawer.hidden = true;
      chosen.set({ measure: 'norm', service: 'all', clause: id, facility: '' });
    },
    /** @param {boolean} on */
    checks: (on) => chosen.set({ checks: on, check: -1 }),
    /** Lead to a field check on the map. @param {number} place */
    check: (place) => {
      const { lat, lon } = verdictsIn(model).checks.list[place];
      if (!isWide()) frame.drawer.hidden = true;
      chosen.set({ checks: true, check: place });
      if (lat !== null && lon !== null) map.setView([lat, lon], Math.max(map.getZoom(), 16));
    },
  };
}

/** Changes that would help. @param {Stage} stage */
function changeActs({ map, model, chosen, frame }) {
  return {
    /** @param {boolean} on */
    changes: (on) => chosen.set({ changes: on, change: -1 }),
    /** Lead to one on the map. @param {number} place */
    change: (place) => {
      const points = model.content.actions?.list[place].points ?? [];
      if (!isWide()) frame.drawer.hidden = true;
      chosen.set({ changes: true, change: place });
      if (points.length) map.setView(L.latLngBounds(points).getCenter(), Math.max(map.getZoom(), 15));
    },
  };
}

/** What the page of a scheme shows, and what the scheme changes. @param {Stage} stage */
function schemeActs({ map, model, models, chosen, frame }) {
  return {
    /** Show today, the scheme or what changes; what is not there is no longer chosen. @param {When} when */
    when: (when) => {
      const { measure, facility, community } = chosen.get();
      const shown = models?.[when] ?? model;
      chosen.set({
        when,
        route: '',
        checks: false,
        measure: when !== 'scheme' && byKind(measure) ? 'index' : measure,
        facility: placeOf(shown.facilities, facility) < 0 ? '' : facility,
        community: placeOf(shown.communities, community) < 0 ? '' : community,
      });
    },
    /** @param {boolean} on */
    marks: (on) => chosen.set({ marks: on, mark: -1 }),
    /** Lead to a change on the map. @param {number} place */
    mark: (place) => {
      const at = model.content.before?.changes[place].at;
      if (!isWide()) frame.drawer.hidden = true;
      chosen.set({ marks: true, mark: place });
      if (at) map.setView(at, Math.max(map.getZoom(), 15));
    },
  };
}

/**
 * The page itself.
 *
 * @param {Stage} stage
 * @param {ReturnType<typeof verdictActs> & ReturnType<typeof changeActs> & ReturnType<typeof schemeActs>} acts
 */
function pageActs({ chosen, frame, viewNow }, acts) {
  /** @type {Record<DrawerKind, (view: View) => Child[]>} */
  const drawers = {
    actions: (view) => changesDrawer(view, acts),
    findings: findingsDrawer,
    method: methodDrawer,
    clauses: (view) => clausesDrawer(view, acts),
    field_checks: (view) => checksDrawer(view, acts),
    scheme: (view) => schemeDrawer(view, acts),
  };
  const close = () => {
    frame.drawer.hidden = true;
  };
  return {
    language: () => chosen.set({ language: chosen.get().language === 'zh' ? 'en' : 'zh' }),
    print: () => window.print(),
    csv: () => saveTable(viewNow()),
    /** @param {DrawerKind} kind */
    drawer: (kind) => {
      const view = viewNow();
      const button = h('button.quiet', { type: 'button', onclick: close, 'data-act': 'close' }, view.say('close'));
      const head = h('div.drawer-head', {}, h('h2', {}, view.say(kind)), button);
      fill(frame.drawer, head, h('div.drawer-body', {}, ...drawers[kind](view)));
      frame.drawer.hidden = false;
      button.focus();
    },
  };
}

/** @param {Stage} stage @returns {Acts} */
export function actionsOn(stage) {
  const behind = { ...verdictActs(stage), ...changeActs(stage), ...schemeActs(stage) };
  return { ...mapActs(stage), ...cardActs(stage), ...behind, ...pageActs(stage, behind) };
}
