'use strict';
/** Lines and marks on request: a walk, links that are missing, places to look at. */
import { h } from "./dom.js";
import { grouped, tens } from "./text.js";
import { walkText } from "./ledger_card.js";

const WALK = '#0b5fa5';
const LINK = '#0d6e6e';
/** On a map of the whole city only the most useful links are drawn, and few are named. */
export const MOST_LINKS = 40;
const MOST_LABELS = 6;
const LABEL_PX = Object.freeze([170, 30]);

/** @param {L.Map} map @param {L.Renderer} renderer lies above the areas and below the sites */
export function lineLayers(map, renderer) {
  const group = { walk: L.layerGroup().addTo(map), links: L.layerGroup().addTo(map), marks: L.layerGroup().addTo(map) };
  const stroke = (points, options) => L.polyline(points, { renderer, interactive: false, smoothFactor: 0, lineCap: 'round', lineJoin: 'round', opacity: 1, ...options });
  const label = (at, text, name) => L.tooltip({ permanent: true, direction: 'top', className: `tip line-label ${name}`, opacity: 1, offset: [0, -4] }).setLatLng(at).setContent(h('span', {}, text));

  /** A walk with its ends, its minutes and metres. */
  const walk = (route, say) => {
    group.walk.clearLayers();
    const points = route?.points() ?? [];
    if (points.length < 2) return null;
    group.walk.addLayer(stroke(points, { color: '#ffffff', weight: 9 }));
    group.walk.addLayer(stroke(points, { color: WALK, weight: 4.5 }));
    for (const [at, fill] of [[points[0], '#ffffff'], [points[points.length - 1], WALK]]) {
      group.walk.addLayer(L.circleMarker(at, { renderer, interactive: false, radius: 6, color: WALK, weight: 3, fillColor: fill, fillOpacity: 1 }));
    }
    group.walk.addLayer(label(points[Math.floor(points.length / 2)], walkText(route.minutes, route.metres, say), 'walk'));
    return L.latLngBounds(points);
  };

  /** Links that would help, broader where they serve more; the first few with their people. */
  const links = (shown, say) => {
    group.links.clearLayers();
    const most = Math.max(1, ...shown.map((link) => link.serves));
    const named = [];
    for (const link of shown.slice(0, MOST_LINKS)) {
      const points = link.points();
      if (points.length < 2) continue;
      const weight = 2.5 + 4 * Math.sqrt(Math.max(0, link.serves) / most);
      group.links.addLayer(stroke(points, { color: '#ffffff', weight: weight + 2.5, lineCap: 'butt' }));
      group.links.addLayer(stroke(points, { color: LINK, weight, lineCap: 'butt' }));
      const middle = L.latLngBounds(points).getCenter();
      const at = map.latLngToLayerPoint(middle);
      const free = named.every((other) => Math.abs(other.x - at.x) > LABEL_PX[0] || Math.abs(other.y - at.y) > LABEL_PX[1]);
      if (named.length >= MOST_LABELS || !free || link.serves <= 0) continue;
      named.push(at);
      group.links.addLayer(label(middle, say('link_label', { people: tens(link.serves, say), m: grouped(link.m) }), 'link-label'));
    }
  };

  /** Numbered places to look at. */
  const marks = (list, chosen, open) => {
    group.marks.clearLayers();
    list.forEach((check, place) => {
      if (check.lat === null || check.lon === null) return;
      const icon = L.divIcon({ className: `check-mark${place === chosen ? ' chosen' : ''}`, html: h('b', {}, place + 1), iconSize: [22, 22] });
      group.marks.addLayer(L.marker([check.lat, check.lon], { icon, keyboard: false, zIndexOffset: place === chosen ? 1000 : -place }).on('click', () => open(place)));
    });
  };
  return { walk, links, marks };
}
