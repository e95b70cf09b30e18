/**
 * Lines and marks on request: a walk, links that are missing, places to look at.
 *
 * @import { Change, Check, SchemeChange } from "./content.js"
 * @import { LatLon } from "./shapes.js"
 * @import { Say } from "./text.js"
 * @import { DrawnLink, Route } from "./verdicts.js"
 * @typedef {ReturnType<typeof lineLayers>} Lines
 */
import { h } from './dom.js';
import { walkText } from './ledger_card.js';
import { PALETTE } from './palette.js';
import { grouped, tens } from './text.js';

const { walk: WALK, link: LINK } = PALETTE.line;
/** On a map of the whole city only the most useful links are drawn, and few are named. */
export const MOST_LINKS = 40;
const MOST_LABELS = 6;
const LABEL_PX = Object.freeze([170, 30]);

/** @param {L.LatLngExpression} at @param {string} text @param {string} name */
function label(at, text, name) {
  const className = `tip line-label ${name}`;
  const tooltip = L.tooltip({ permanent: true, direction: 'top', className, opacity: 1, offset: [0, -4] });
  return tooltip.setLatLng(at).setContent(h('span', {}, text));
}

/** @param {L.Renderer} renderer @returns {(points: LatLon[], options: L.PolylineOptions) => L.Polyline} */
const stroker = (renderer) => (points, options) =>
  L.polyline(points, {
    renderer,
    interactive: false,
    smoothFactor: 0,
    lineCap: 'round',
    lineJoin: 'round',
    opacity: 1,
    ...options,
  });

/** A walk with its ends, its minutes and metres. @param {L.LayerGroup} group @param {L.Renderer} renderer */
function walkDrawer(group, renderer) {
  const stroke = stroker(renderer);
  /** @param {LatLon} at @param {string} fillColor */
  const end = (at, fillColor) => {
    const look = { radius: 6, color: WALK, weight: 3, fillColor, fillOpacity: 1 };
    return L.circleMarker(at, { renderer, interactive: false, ...look });
  };
  /** @param {Route | null} route @param {Say} say */
  return (route, say) => {
    group.clearLayers();
    const points = route?.points() ?? [];
    if (!route || points.length < 2) return;
    group.addLayer(stroke(points, { color: '#ffffff', weight: 9 }));
    group.addLayer(stroke(points, { color: WALK, weight: 4.5 }));
    group.addLayer(end(points[0], '#ffffff'));
    group.addLayer(end(points[points.length - 1], WALK));
    const middle = points[Math.floor(points.length / 2)];
    group.addLayer(label(middle, walkText(route.minutes, route.metres, say), 'walk'));
  };
}

/**
 * Links that would help, broader where they serve more; the first few with their people.
 *
 * @param {L.Map} map
 * @param {L.LayerGroup} group
 * @param {L.Renderer} renderer
 */
function linkDrawer(map, group, renderer) {
  const stroke = stroker(renderer);
  /** @param {DrawnLink[]} shown @param {Say} say */
  return (shown, say) => {
    group.clearLayers();
    const most = Math.max(1, ...shown.map((link) => link.serves));
    /** @type {L.Point[]} */
    const named = [];
    for (const link of shown.slice(0, MOST_LINKS)) {
      const points = link.points();
      if (points.length < 2) continue;
      const weight = 2.5 + 4 * Math.sqrt(Math.max(0, link.serves) / most);
      group.addLayer(stroke(points, { color: '#ffffff', weight: weight + 2.5, lineCap: 'butt' }));
      group.addLayer(stroke(points, { color: LINK, weight, lineCap: 'butt' }));
      const middle = L.latLngBounds(points).getCenter();
      const at = map.latLngToLayerPoint(middle);
      const free = named.every(({ x, y }) => Math.abs(x - at.x) > LABEL_PX[0] || Math.abs(y - at.y) > LABEL_PX[1]);
      if (named.length >= MOST_LABELS || !free || link.serves <= 0) continue;
      named.push(at);
      const text = say('link_label', { people: tens(link.serves, say), m: grouped(link.m) });
      group.addLayer(label(middle, text, 'link-label'));
    }
  };
}

/**
 * A number on the map that opens what it is of.
 *
 * @param {L.LatLngExpression} at
 * @param {number} place
 * @param {string} name of its class
 * @param {number} chosen
 * @param {(place: number) => void} open
 * @param {boolean} [beside] whether it stands beside what is there, which is drawn too
 */
function numbered(at, place, name, chosen, open, beside = false) {
  const className = `${name}${place === chosen ? ' chosen' : ''}`;
  /** @type {L.DivIconOptions} */
  const anchor = beside ? { iconAnchor: [-3, 25] } : {};
  const icon = L.divIcon({ className, html: h('b', {}, place + 1), iconSize: [22, 22], ...anchor });
  const zIndexOffset = place === chosen ? 1000 : -place;
  return L.marker(at, { icon, keyboard: false, zIndexOffset }).on('click', () => open(place));
}

/** Numbered places to look at. @param {L.LayerGroup} group */
function markDrawer(group) {
  /** @param {Check[]} list @param {number} chosen @param {(place: number) => void} open */
  return (list, chosen, open) => {
    group.clearLayers();
    for (const [place, { lat, lon }] of list.entries()) {
      if (lat !== null && lon !== null) group.addLayer(numbered([lat, lon], place, 'check-mark', chosen, open));
    }
  };
}

/** Numbered changes that would help. @param {L.LayerGroup} group @param {L.Renderer} renderer */
function changeDrawer(group, renderer) {
  const stroke = stroker(renderer);
  /** @param {Change[]} list @param {number} chosen @param {(place: number) => void} open */
  return (list, chosen, open) => {
    group.clearLayers();
    for (const [place, { points }] of list.entries()) {
      if (points.length > 1) {
        group.addLayer(stroke(points, { color: '#ffffff', weight: 8 }));
        group.addLayer(stroke(points, { color: LINK, weight: 4.5 }));
      }
      group.addLayer(numbered(L.latLngBounds(points).getCenter(), place, 'check-mark change', chosen, open));
    }
  };
}

/** Lines of what is not a way to walk. @type {Record<string, L.PolylineOptions>} */
const SCHEME_LINES = Object.freeze({
  merge_communities: { dashArray: '8 6', weight: 2.5 },
  split_community: { dashArray: '8 6', weight: 2.5 },
  add_people: { weight: 2.5 },
  move_facility: { dashArray: '2 7', weight: 4 },
  close_street: { dashArray: '1 8', weight: 5 },
});

/** Kinds of which the number stands inside; others have it beside them. */
const RINGS = new Set(['merge_communities', 'add_people']);

/** What a scheme changes, numbered as in its list. @param {L.LayerGroup} group @param {L.Renderer} renderer */
function schemeDrawer(group, renderer) {
  const stroke = stroker(renderer);
  /** @param {SchemeChange[]} list @param {number} chosen @param {(place: number) => void} open */
  return (list, chosen, open) => {
    group.clearLayers();
    for (const [place, { kind, at, line }] of list.entries()) {
      if (line.length > 1) {
        const look = SCHEME_LINES[kind] ?? { weight: 5 };
        group.addLayer(stroke(line, { color: '#ffffff', weight: (look.weight ?? 5) + 3 }));
        group.addLayer(stroke(line, { color: PALETTE.line.scheme, ...look }));
      }
      if (at) group.addLayer(numbered(at, place, 'check-mark scheme-mark', chosen, open, !RINGS.has(kind)));
    }
  };
}

/** @param {L.Map} map @param {L.Renderer} renderer lies above the areas and below the sites */
export function lineLayers(map, renderer) {
  const group = () => L.layerGroup().addTo(map);
  return {
    walk: walkDrawer(group(), renderer),
    links: linkDrawer(map, group(), renderer),
    marks: markDrawer(group()),
    changes: changeDrawer(group(), renderer),
    scheme: schemeDrawer(group(), renderer),
  };
}
