'use strict';
/** Communities, reach areas and facilities as Leaflet layers on canvas. */
import { toneOf } from "./figures.js";
import { h } from "./dom.js";

const ORDER = Object.freeze({ areas: 340, reach: 360, outline: 370, sites: 450, names: 460 });

/** A strip of slanted lines for "no data". @param {string} tone */
function hatch(tone) {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const ctx = tile.getContext('2d');
  ctx.strokeStyle = tone;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (const shift of [-8, 0, 8]) {
    ctx.moveTo(shift - 1, 9);
    ctx.lineTo(shift + 9, -1);
  }
  ctx.stroke();
  return tile;
}

/** Leaflet's canvas, which also knows patterns and facility signs. */
function renderers(map) {
  for (const [name, zIndex] of Object.entries(ORDER)) map.createPane(name).style.zIndex = zIndex;
  map.getPane('names').style.pointerEvents = 'none';
  const Canvas = L.Canvas.extend({
    _fillStroke(ctx, layer) {
      L.Canvas.prototype._fillStroke.call(this, ctx, layer);
      if (!layer.options.pattern) return;
      ctx.globalAlpha = 1;
      ctx.fillStyle = ctx.createPattern(layer.options.pattern, 'repeat');
      ctx.fill('evenodd');
    },
    drawSite(layer) {
      if (!this._drawing || layer._empty()) return;
      paintSite(this._ctx, layer);
    },
  });
  const made = (name, Kind = Canvas) => new Kind({ pane: name, padding: 0.25 });
  const areas = made('areas');
  return { areas, reach: made('reach'), outline: made('outline'), sites: made('sites', passing(Canvas, areas)) };
}

/** A canvas on top takes every pointer event; this kind passes on what hits none of its own layers. */
function passing(Canvas, below) {
  const { _onMouseMove, _onClick, _handleMouseOut } = L.Canvas.prototype;
  return Canvas.extend({
    _hitBy(event) {
      const point = this._map.mouseEventToLayerPoint(event);
      return Object.values(this._layers).some((layer) => layer.options.interactive && layer._containsPoint(point));
    },
    _onMouseMove(event) {
      if (!this._map || this._map.dragging.moving()) return;
      _onMouseMove.call(this, event);
      if (!below._map) return;
      if (this._hitBy(event)) below._handleMouseOut(event);
      else below._onMouseMove(event);
    },
    _onClick(event) {
      const target = below._map && !this._hitBy(event) ? below : this;
      _onClick.call(target, event);
    },
    _handleMouseOut(event) {
      _handleMouseOut.call(this, event);
      if (below._map && event.type === 'mouseout') _handleMouseOut.call(below, event);
    },
  });
}

/** One sign: a disc of the service's tone, shared out where a site offers several, with a glyph when it is large enough. */
function paintSite(ctx, layer) {
  const { x, y } = layer._point;
  const { tones, glyph, dim, strong, radius, closed } = layer.options;
  ctx.save();
  ctx.globalAlpha = dim ? 0.35 : 1;
  ctx.beginPath();
  ctx.arc(x, y, radius + (strong ? 3.5 : radius < 4 ? 0.8 : 1.5), 0, 2 * Math.PI);
  ctx.fillStyle = strong ? '#26222e' : '#ffffff';
  ctx.fill();
  tones.forEach((tone, place) => {
    const from = -Math.PI / 2 + (2 * Math.PI * place) / tones.length;
    ctx.beginPath();
    if (tones.length > 1) ctx.moveTo(x, y);
    ctx.arc(x, y, radius, from, from + (2 * Math.PI) / tones.length);
    ctx.fillStyle = tone;
    ctx.fill();
  });
  if (radius >= 7) {
    if (tones.length > 1) {
      ctx.beginPath();
      ctx.arc(x, y, radius * 0.68, 0, 2 * Math.PI);
      ctx.fillStyle = '#ffffff';
      ctx.fill();
    }
    ctx.font = `700 ${Math.round(radius * (tones.length > 1 ? 0.95 : 1.15))}px "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillStyle = tones.length > 1 ? '#26222e' : '#ffffff';
    ctx.fillText(glyph, x, y + radius * 0.06);
  }
  if (closed) strike(ctx, x, y, radius);
  ctx.restore();
}

/** A bar across the sign of what is closed at the page's moment. */
function strike(ctx, x, y, radius) {
  const reach = radius * 0.85;
  for (const [tone, width] of [['#ffffff', Math.max(2.4, radius * 0.42)], ['#26222e', Math.max(1.1, radius * 0.2)]]) {
    ctx.beginPath();
    ctx.moveTo(x - reach, y + reach);
    ctx.lineTo(x + reach, y - reach);
    ctx.strokeStyle = tone;
    ctx.lineWidth = width;
    ctx.stroke();
  }
}

/** With every service on the map signs are many: smaller ones then. */
const siteRadius = (zoom, all) => (zoom < 13 ? 2 : zoom < 14 ? (all ? 2.4 : 5) : zoom < 14.75 ? (all ? 3.2 : 7) : zoom < 15.5 ? (all ? 5 : 9) : 10);

/**
 * All layers of places.
 *
 * @param {L.Map} map
 * @param {object} model communities with `rings`, facilities, services by key, reach and merged polygons
 * @param {{community: (place: number) => void, facility: (place: number) => void,
 *   tell: {community: (place: number) => HTMLElement, facility: (place: number) => HTMLElement}}} calls
 */
export function placeLayers(map, model, calls) {
  const canvas = renderers(map);
  const stripes = { none: hatch('rgba(90,84,96,.55)'), hidden: hatch('rgba(90,84,96,.25)'), mark: hatch('rgba(255,255,255,.95)') };
  const shapes = model.communities.map((community, place) => {
    const shape = L.polygon(community.rings ?? [], { renderer: canvas.areas, smoothFactor: 0.6, color: '#7b6f66', weight: 0.8, opacity: 0.85, fillOpacity: 0.86 });
    shape.bindTooltip(() => calls.tell.community(place), { sticky: true, className: 'tip', direction: 'auto', opacity: 1 });
    shape.on('click', (event) => { L.DomEvent.stopPropagation(event); calls.community(place); });
    shape.on('mouseover', () => shape.setStyle({ weight: 2, color: '#3a3442' }));
    shape.on('mouseout', () => shape.setStyle({ weight: 0.8, color: '#7b6f66' }));
    return shape;
  });
  const areas = L.layerGroup(shapes);
  const chosen = L.layerGroup().addTo(map);
  const reach = L.layerGroup().addTo(map);
  const Site = L.CircleMarker.extend({ _updatePath() { this._renderer.drawSite(this); } });
  const signs = model.facilities.map((facility, place) => {
    const sign = new Site([facility.lat, facility.lon], { renderer: canvas.sites, radius: 4, tones: ['#888'], glyph: '', dim: false, strong: false, closed: facility.open === false || facility.denied });
    sign.bindTooltip(() => calls.tell.facility(place), { className: 'tip', direction: 'top', offset: [0, -8], opacity: 1 });
    sign.on('click', (event) => { L.DomEvent.stopPropagation(event); calls.facility(place); });
    return sign;
  });
  const sites = L.layerGroup();

  /** Colours of the communities. @param {ReturnType<typeof import("./figures.js").classified>} result @param {boolean} pale */
  const colour = (result, pale) => {
    shapes.forEach((shape, place) => {
      const tone = toneOf(result, place);
      const { kind } = result.figures[place];
      const striped = result.kinds?.[result.classes[place]]?.stripes ? stripes.none : null;
      shape.setStyle({
        fillColor: tone ?? '#f4f2ee',
        fillOpacity: pale ? 0.3 : tone ? 0.86 : 0.7,
        pattern: kind === 'value' ? striped ?? (result.marks?.[place] ? stripes.mark : null) : stripes[kind],
      });
    });
  };

  /** Which sites are shown and how. */
  const place = (state) => {
    sites.clearLayers();
    const radius = siteRadius(map.getZoom(), state.service === 'all');
    signs.forEach((sign, at) => {
      const facility = model.facilities[at];
      const strong = facility.id === state.facility;
      const fits = facility.services.filter((key) => model.serviceOf[key] && (state.service === 'all' || key === state.service));
      const own = strong && !fits.length ? facility.services.filter((key) => model.serviceOf[key]) : fits;
      if (!own.length) return;
      sign.options.tones = facility.open === false || facility.denied ? ['#a39da8'] : own.map((key) => model.serviceOf[key]?.tone ?? '#888888');
      sign.options.glyph = model.serviceOf[own[0]].glyph;
      sign.options.dim = (state.facility !== '' && !strong) || facility.status === 1;
      sign.options.strong = strong;
      sign.options.radius = strong ? Math.max(radius, 9) : radius;
      sign._radius = sign.options.radius;
      sites.addLayer(sign);
    });
  };

  /**
   * Nested polygons, the farthest first, and the straight-line circle of a delivery.
   *
   * @param {(number[][][][] | null)[]} nested @param {string} tone @param {boolean} bold
   * @param {{lat: number, lon: number, delivery_radius_m?: number} | null} site
   */
  const drawReach = (nested, tone, bold, site = null) => {
    reach.clearLayers();
    if (site?.delivery_radius_m > 0) {
      reach.addLayer(L.circle([site.lat, site.lon], {
        renderer: canvas.reach, interactive: false, radius: site.delivery_radius_m, color: tone, weight: 2, dashArray: '9 7', fill: false,
      }));
    }
    const last = nested.length - 1;
    const far = map.getZoom() < 14.75; // outlines of many small holes would hide the map
    for (let k = last; k >= 0; k -= 1) {
      if (!nested[k]) continue;
      reach.addLayer(L.polygon(nested[k], {
        renderer: canvas.reach, interactive: false, smoothFactor: 0.8, color: tone, weight: (k === last ? 2 : 1.3) * (far ? 0.5 : 1), opacity: bold ? 0.95 : 0.75, stroke: bold || !far || k === last,
        fillColor: tone, fillOpacity: bold ? 0.22 : 0.2,
      }));
    }
  };

  const outline = (place) => {
    chosen.clearLayers();
    if (place < 0 || !model.communities[place].rings) return;
    for (const style of [{ color: '#fffdf8', weight: 6.5 }, { color: '#26222e', weight: 2.6 }]) {
      chosen.addLayer(L.polygon(model.communities[place].rings, { renderer: canvas.outline, interactive: false, fill: false, opacity: 1, ...style }));
    }
  };
  /** Draw at once what waits for the next frame: a printer does not wait. */
  const flush = () => {
    for (const renderer of Object.values(canvas)) {
      if (!renderer._map) continue;
      renderer._redrawBounds = null;
      renderer._redraw();
    }
  };
  return { areas, sites, colour, place, drawReach, clearReach: () => reach.clearLayers(), outline, above: canvas.outline, flush, boundsOf: (at) => shapes[at].getBounds() };
}

/** The box beside the pointer. @param {string} title @param {(string | Node)[]} lines */
export function tip(title, lines) {
  return h('div', {}, h('strong', {}, title), ...lines.map((line) => h('div', {}, line)));
}
