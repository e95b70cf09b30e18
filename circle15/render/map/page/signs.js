/**
 * Signs of facilities on a canvas of their own: a disc of the service's tone, with a glyph when it is large enough.
 *
 * @typedef {object} Sign
 * @property {L.LatLngExpression} at
 * @property {string[]} tones one, or several of which each has its share of the disc
 * @property {string} glyph
 * @property {boolean} dim
 * @property {boolean} strong whether it is chosen
 * @property {boolean} closed
 * @property {number} radius
 */
import { penOf } from './dom.js';
import { originAt, transform } from './zooming.js';

const FONT = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif';
/** How much of the view's size is drawn on each side of it, ready for a move. */
const PADDING = 0.25;
/** What a sign has around its middle at most. */
const REACH_PX = 16;

/** With every service on the map signs are many: smaller ones then. @param {number} zoom @param {boolean} all */
export function siteRadius(zoom, all) {
  if (zoom < 13) return 2;
  if (zoom < 14) return all ? 2.4 : 5;
  if (zoom < 14.75) return all ? 3.2 : 7;
  return zoom < 15.5 ? (all ? 5 : 9) : 10;
}

/** @param {CanvasRenderingContext2D} ctx @param {Sign} sign @param {L.Point} middle */
function paintSign(ctx, sign, { x, y }) {
  const { dim, strong, radius } = sign;
  ctx.save();
  ctx.globalAlpha = dim ? 0.35 : 1;
  ctx.beginPath();
  ctx.arc(x, y, radius + (strong ? 3.5 : radius < 4 ? 0.8 : 1.5), 0, 2 * Math.PI);
  ctx.fillStyle = strong ? '#26222e' : '#ffffff';
  ctx.fill();
  paintDisc(ctx, sign, x, y);
  if (radius >= 7) paintGlyph(ctx, sign, x, y);
  if (sign.closed) strike(ctx, x, y, radius);
  ctx.restore();
}

/** @param {CanvasRenderingContext2D} ctx @param {Sign} sign @param {number} x @param {number} y */
function paintDisc(ctx, { tones, radius }, x, y) {
  for (const [place, tone] of tones.entries()) {
    const from = -Math.PI / 2 + (2 * Math.PI * place) / tones.length;
    ctx.beginPath();
    if (tones.length > 1) ctx.moveTo(x, y);
    ctx.arc(x, y, radius, from, from + (2 * Math.PI) / tones.length);
    ctx.fillStyle = tone;
    ctx.fill();
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {Sign} sign @param {number} x @param {number} y */
function paintGlyph(ctx, { tones, glyph, radius }, x, y) {
  const several = tones.length > 1;
  if (several) {
    ctx.beginPath();
    ctx.arc(x, y, radius * 0.68, 0, 2 * Math.PI);
    ctx.fillStyle = '#ffffff';
    ctx.fill();
  }
  ctx.font = `700 ${Math.round(radius * (several ? 0.95 : 1.15))}px ${FONT}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = several ? '#26222e' : '#ffffff';
  ctx.fillText(glyph, x, y + radius * 0.06);
}

/**
 * A bar across the sign of what is closed at the page's moment.
 *
 * @param {CanvasRenderingContext2D} ctx
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function strike(ctx, x, y, radius) {
  const reach = radius * 0.85;
  /** @param {string} tone @param {number} width */
  const bar = (tone, width) => {
    ctx.beginPath();
    ctx.moveTo(x - reach, y + reach);
    ctx.lineTo(x + reach, y - reach);
    ctx.strokeStyle = tone;
    ctx.lineWidth = width;
    ctx.stroke();
  };
  bar('#ffffff', Math.max(2.4, radius * 0.42));
  bar('#26222e', Math.max(1.1, radius * 0.2));
}

/**
 * Puts a canvas over the view and what lies around it, and draws signs on it.
 *
 * @param {L.Map} map
 * @param {HTMLCanvasElement} canvas
 * @param {Sign[]} signs
 */
function draw(map, canvas, signs) {
  const view = map.getSize();
  const corner = map.containerPointToLayerPoint(view.multiplyBy(-PADDING)).round();
  const size = view.multiplyBy(1 + 2 * PADDING).round();
  const ratio = L.Browser.retina ? 2 : 1;
  L.DomUtil.setPosition(canvas, corner);
  canvas.width = ratio * size.x;
  canvas.height = ratio * size.y;
  canvas.style.width = `${size.x}px`;
  canvas.style.height = `${size.y}px`;
  const ctx = penOf(canvas);
  ctx.scale(ratio, ratio);
  ctx.translate(-corner.x, -corner.y);
  const edge = L.point(REACH_PX, REACH_PX);
  const bounds = L.bounds(corner.subtract(edge), corner.add(size).add(edge));
  for (const sign of signs) {
    const middle = map.latLngToLayerPoint(sign.at);
    if (bounds.contains(middle)) paintSign(ctx, sign, middle);
  }
}

/** A Leaflet layer of signs. */
export function signLayer() {
  const canvas = L.DomUtil.create('canvas', 'leaflet-zoom-animated');
  /** @type {L.Map | null} */
  let map = null;
  /** @type {Sign[]} */
  let signs = [];
  /** The view that is drawn. @type {{center: L.LatLng, zoom: number} | null} */
  let drawn = null;
  const redraw = () => {
    if (!map) return;
    draw(map, canvas, signs);
    drawn = { center: map.getCenter(), zoom: map.getZoom() };
  };
  /** Scales the picture until it is drawn anew. @param {L.LatLng} center @param {number} zoom */
  const move = (center, zoom) => {
    if (!map || !drawn) return;
    const scale = map.getZoomScale(zoom, drawn.zoom);
    const half = map.getSize().multiplyBy((0.5 + PADDING) * -scale);
    transform(canvas, half.add(map.project(drawn.center, zoom)).subtract(originAt(map, center, zoom)), scale);
  };
  const events = {
    moveend: redraw,
    // Leaflet's own canvases stand at fractions of a pixel then: the signs stay on their streets.
    viewreset: () => drawn && move(drawn.center, drawn.zoom),
    zoom: () => map && move(map.getCenter(), map.getZoom()),
    /** @param {L.ZoomAnimEvent} event */
    zoomanim: ({ center, zoom }) => move(center, zoom),
  };
  const Signs = L.Layer.extend({
    /** @param {L.Map} owner */
    onAdd(owner) {
      map = owner;
      map.getPane('sites')?.append(canvas);
      map.on(events);
      redraw();
    },
    /** @param {L.Map} owner */
    onRemove(owner) {
      owner.off(events);
      canvas.remove();
      map = null;
    },
  });
  return {
    layer: /** @type {L.Layer} */ (new Signs()),
    /** @param {Sign[]} next */
    show(next) {
      signs = next;
      redraw();
    },
  };
}
