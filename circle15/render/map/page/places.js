/**
 * Communities, reach areas and facilities as Leaflet layers on canvas.
 *
 * @import { Facility } from "./content.js"
 * @import { Result } from "./figures.js"
 * @import { Model, Place, Site } from "./model.js"
 * @import { Shape } from "./shapes.js"
 * @import { Sign } from "./signs.js"
 *
 * @typedef {object} Calls
 * @property {(place: number) => void} community
 * @property {(at: number) => void} facility
 * @property {{community: (place: number) => HTMLElement, facility: (at: number) => HTMLElement}} tell
 *
 * @typedef {ReturnType<typeof placeLayers>} Layers
 * @typedef {{service: string, facility: string, sites: Site[]}} Shown
 */
import { h, penOf } from './dom.js';
import { toneOf } from './figures.js';
import { signLayer, siteRadius } from './signs.js';

const ORDER = Object.freeze({ areas: 340, reach: 360, outline: 370, sites: 450, names: 460 });

const AREA_LINE = Object.freeze({ weight: 0.8, color: '#7b6f66' });

/** A fill of slanted lines, or of crossed ones. @param {string} tone */
function hatch(tone, crossed = false) {
  const strip = document.createElement('canvas');
  strip.width = 8;
  strip.height = 8;
  const ctx = penOf(strip);
  ctx.strokeStyle = tone;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (const shift of [-8, 0, 8]) {
    ctx.moveTo(shift - 1, 9);
    ctx.lineTo(shift + 9, -1);
    if (!crossed) continue;
    ctx.moveTo(shift - 1, -1);
    ctx.lineTo(shift + 9, 9);
  }
  ctx.stroke();
  // Leaflet gives the colour of a fill to the canvas as it is, and there a fill may be a pattern.
  return /** @type {string} */ (/** @type {unknown} */ (ctx.createPattern(strip, 'repeat')));
}

/** Panes of the page's own, and Leaflet's canvases in them. @param {L.Map} map */
function canvases(map) {
  for (const [name, zIndex] of Object.entries(ORDER)) map.createPane(name).style.zIndex = String(zIndex);
  /** @param {string} pane */
  const canvas = (pane) => L.canvas({ pane, padding: 0.25 });
  return { areas: canvas('areas'), reach: canvas('reach'), outline: canvas('outline') };
}

/**
 * Outlines of the communities, and over each one a layer that hatches it.
 *
 * @param {Place[]} communities
 * @param {L.Renderer} renderer
 * @param {Calls} calls
 */
function areaLayers(communities, renderer, calls) {
  const shared = { renderer, smoothFactor: 0.6 };
  const shapes = communities.map(({ rings }, place) => {
    const shape = L.polygon(rings ?? [], { ...shared, ...AREA_LINE, opacity: 0.85, fillOpacity: 0.86 });
    const label = () => calls.tell.community(place);
    shape.bindTooltip(label, { sticky: true, className: 'tip', direction: 'auto', opacity: 1 });
    shape.on('click', (event) => {
      L.DomEvent.stopPropagation(event);
      calls.community(place);
    });
    shape.on('mouseover', () => shape.setStyle({ weight: 2, color: '#3a3442' }));
    shape.on('mouseout', () => shape.setStyle(AREA_LINE));
    return shape;
  });
  const still = { ...shared, interactive: false, stroke: false, fill: false, fillOpacity: 1 };
  const hatches = communities.map(({ rings }) => L.polygon(rings ?? [], still));
  return { shapes, hatches, group: L.layerGroup(shapes.flatMap((shape, place) => [shape, hatches[place]])) };
}

/**
 * Colours of the communities.
 *
 * @param {{shapes: L.Polygon[], hatches: L.Polygon[]}} areas
 * @returns {(result: Result, pale: boolean) => void}
 */
function painter({ shapes, hatches }) {
  const fills = {
    none: hatch('rgba(90,84,96,.55)'),
    hidden: hatch('rgba(90,84,96,.25)'),
    unknown: hatch('rgba(90,84,96,.55)', true),
    mark: hatch('rgba(255,255,255,.95)'),
  };
  /** @param {Result} result @param {number} place */
  const hatchOf = ({ figures, kinds, classes, marks }, place) => {
    const { kind } = figures[place];
    if (kind !== 'value') return kind === 'absent' ? null : fills[kind];
    if (kinds?.[classes[place]]?.stripes) return fills.none;
    return marks?.[place] ? fills.mark : null;
  };
  return (result, pale) => {
    for (const [place, shape] of shapes.entries()) {
      const there = result.figures[place] !== undefined && result.figures[place].kind !== 'absent';
      // What is not there stays where it is, unseen: taken away and put back, it would lie over what is.
      shape.setStyle({ stroke: there, fill: there, interactive: there });
      if (!there) {
        hatches[place].setStyle({ fill: false });
        continue;
      }
      const tone = toneOf(result, place);
      shape.setStyle({ fillColor: tone ?? '#f4f2ee', fillOpacity: pale ? 0.3 : tone ? 0.86 : 0.7 });
      const pattern = hatchOf(result, place);
      hatches[place].setStyle(pattern ? { fill: true, fillColor: pattern } : { fill: false });
    }
  };
}

/**
 * Signs of the facilities, and under them what answers to the pointer: invisible discs on the canvas of the
 * communities, so that Leaflet itself finds whether a sign or a community is meant.
 *
 * @param {L.Map} map
 * @param {Model} model
 * @param {L.Renderer} renderer
 * @param {Calls} calls
 */
function siteLayers(map, { facilities, serviceOf }, renderer, calls) {
  const signs = signLayer();
  const discs = facilities.map(({ lat, lon }, at) => {
    const disc = L.circleMarker([lat, lon], { renderer, opacity: 0, fillOpacity: 0 });
    const label = () => calls.tell.facility(at);
    disc.on('mouseover', () => L.DomUtil.addClass(map.getContainer(), 'over-site'));
    disc.on('mouseout', () => L.DomUtil.removeClass(map.getContainer(), 'over-site'));
    disc.bindTooltip(label, { className: 'tip', direction: 'top', offset: [0, -8], opacity: 1 });
    disc.on('click', (event) => {
      L.DomEvent.stopPropagation(event);
      calls.facility(at);
    });
    return disc;
  });
  const touched = L.layerGroup();

  /**
   * The sign of a facility, or null where it has no part in what is shown.
   *
   * @param {Site} facility
   * @param {Shown} shown
   * @param {number} radius
   * @returns {Sign | null}
   */
  const signOf = (facility, { service, facility: chosen }, radius) => {
    if (facility.absent) return null;
    const strong = facility.id === chosen;
    const offered = facility.services.filter((key) => serviceOf[key]);
    const wanted = offered.filter((key) => service === 'all' || key === service);
    const keys = strong && !wanted.length ? offered : wanted;
    if (!keys.length) return null;
    const closed = facility.open === false || Boolean(facility.denied || facility.state);
    return {
      at: [facility.lat, facility.lon],
      tones: closed ? ['#a39da8'] : keys.map((key) => serviceOf[key].tone),
      glyph: serviceOf[keys[0]].glyph,
      dim: (chosen !== '' && !strong) || facility.status === 1,
      strong,
      closed,
      radius: strong ? Math.max(radius, 9) : radius,
    };
  };
  /** Which sites are shown and how. @param {Shown} shown */
  const place = (shown) => {
    touched.clearLayers();
    const radius = siteRadius(map.getZoom(), shown.service === 'all');
    const visible = shown.sites.map((facility) => signOf(facility, shown, radius));
    for (const [at, sign] of visible.entries()) {
      if (sign) touched.addLayer(discs[at].setLatLng(sign.at).setRadius(sign.radius));
    }
    signs.show(visible.filter((sign) => sign !== null));
  };
  return { group: L.layerGroup([signs.layer, touched]), place };
}

/**
 * Where one can walk from a site or to a service.
 *
 * @param {L.Map} map
 * @param {L.Renderer} renderer
 */
function reachLayers(map, renderer) {
  const group = L.layerGroup().addTo(map);
  const still = { renderer, interactive: false };
  /**
   * Nested polygons, the farthest first, and the straight-line circle of a delivery.
   *
   * @param {(Shape | null)[]} nested
   * @param {string} tone
   * @param {Facility | null} site null for those of a service
   */
  const drawReach = (nested, tone, site) => {
    group.clearLayers();
    const bold = site !== null;
    const radius = site?.delivery_radius_m ?? 0;
    if (site && radius > 0) {
      const line = { ...still, radius, color: tone, weight: 2, dashArray: '9 7', fill: false };
      group.addLayer(L.circle([site.lat, site.lon], line));
    }
    const last = nested.length - 1;
    const far = map.getZoom() < 14.75; // outlines of many small holes would hide the map
    for (const [k, shape] of [...nested.entries()].reverse()) {
      if (!shape) continue;
      const style = {
        ...still,
        smoothFactor: 0.8,
        color: tone,
        weight: (k === last ? 2 : 1.3) * (far ? 0.5 : 1),
        opacity: bold ? 0.95 : 0.75,
        stroke: bold || !far || k === last,
        fillColor: tone,
        fillOpacity: bold ? 0.22 : 0.2,
      };
      group.addLayer(L.polygon(shape, style));
    }
  };
  return { drawReach, clearReach: () => group.clearLayers() };
}

/** The outline of the chosen community. @param {L.Map} map @param {Place[]} communities @param {L.Renderer} renderer */
function outlineLayer(map, communities, renderer) {
  const group = L.layerGroup().addTo(map);
  const still = { renderer, interactive: false, fill: false, opacity: 1 };
  /** @param {number} place -1 for none */
  return (place) => {
    group.clearLayers();
    const rings = communities[place]?.rings;
    if (!rings) return;
    group.addLayer(L.polygon(rings, { ...still, color: '#fffdf8', weight: 6.5 }));
    group.addLayer(L.polygon(rings, { ...still, color: '#26222e', weight: 2.6 }));
  };
}

/**
 * All layers of places.
 *
 * @param {L.Map} map
 * @param {Model} model
 * @param {Place[]} communities that the page ever draws
 * @param {Calls} calls
 */
export function placeLayers(map, model, communities, calls) {
  const canvas = canvases(map);
  const areas = areaLayers(communities, canvas.areas, calls);
  const outline = outlineLayer(map, communities, canvas.outline);
  const reach = reachLayers(map, canvas.reach);
  const sites = siteLayers(map, model, canvas.areas, calls);
  return {
    areas: areas.group,
    sites: sites.group,
    colour: painter(areas),
    place: sites.place,
    ...reach,
    outline,
    /** The canvas above the areas and below the sites. @type {L.Renderer} */
    above: canvas.outline,
    /** @param {number} place */
    boundsOf: (place) => areas.shapes[place].getBounds(),
  };
}

/** The box beside the pointer. @param {string} title @param {(string | Node)[]} lines */
export function tip(title, lines) {
  return h('div', {}, h('strong', {}, title), ...lines.map((line) => h('div', {}, line)));
}
