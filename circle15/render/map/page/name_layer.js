/**
 * The layer of names: it rests while the map zooms.
 *
 * @import { AreaName, Window } from "./labels.js"
 * @import { World } from "./model.js"
 */
import { penOf } from './dom.js';
import { drawAreaNames, room } from './labels.js';
import { drawStreetNames } from './street_names.js';

const MARGIN_PX = 120;
const EVENTS = 'moveend zoomend resize viewreset';

/**
 * Puts a canvas over the view, with a margin.
 *
 * @param {L.Map} map
 * @param {HTMLCanvasElement} canvas
 * @returns {{ctx: CanvasRenderingContext2D, view: Window}}
 */
function cover(map, canvas) {
  const size = map.getSize();
  const ratio = Math.min(window.devicePixelRatio || 1, 3);
  const corner = map.containerPointToLayerPoint([-MARGIN_PX, -MARGIN_PX]);
  const [width, height] = [size.x + 2 * MARGIN_PX, size.y + 2 * MARGIN_PX];
  L.DomUtil.setPosition(canvas, corner);
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const ctx = penOf(canvas);
  ctx.scale(ratio, ratio);
  const zoom = map.getZoom();
  const { x: left, y: top } = map.getPixelOrigin().add(corner);
  return { ctx, view: { zoom, scale: 256 * 2 ** zoom, left, top, width, height } };
}

/**
 * A Leaflet layer that writes names over the view.
 *
 * @param {() => {areas: AreaName[], world: World, on: boolean}} content
 */
export function nameLayer(content) {
  const canvas = L.DomUtil.create('canvas', 'name-canvas leaflet-zoom-hide');
  /** @type {L.Map | null} */
  let map = null;
  const redraw = () => {
    if (!map) return;
    const { ctx, view } = cover(map, canvas);
    const { areas, world, on } = content();
    if (!on) return;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.lineJoin = 'round';
    const taken = room();
    drawAreaNames(ctx, view, areas, taken);
    const { streetNames, chains } = world;
    if (chains) drawStreetNames(ctx, view, { streetNames, chains }, taken);
  };
  const Names = L.Layer.extend({
    /** @param {L.Map} owner */
    onAdd(owner) {
      map = owner;
      map.getPane('names')?.append(canvas);
      map.on(EVENTS, redraw);
      redraw();
    },
    /** @param {L.Map} owner */
    onRemove(owner) {
      owner.off(EVENTS, redraw);
      canvas.remove();
      map = null;
    },
  });
  return { layer: /** @type {L.Layer} */ (new Names()), redraw };
}
