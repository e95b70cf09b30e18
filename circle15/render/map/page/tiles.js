/**
 * Canvas tiles for every quarter of a zoom step. Leaflet's own tiles know whole steps only, between which it scales
 * their picture; drawn tiles need not be blurred.
 *
 * @typedef {{zoom: number, scale: number, left: number, top: number, size: number}} Tile corner and size in px
 * @typedef {object} Level all tiles of one zoom
 * @property {number} zoom
 * @property {HTMLElement} element
 * @property {L.Point} origin pixel at the element's corner
 * @property {Map<string, {x: number, y: number, canvas: HTMLCanvasElement}>} tiles
 */
import { penOf } from './dom.js';
import { originAt, transform } from './zooming.js';

const SIZE_PX = 512;
/** Tiles that are kept on each side of the view. */
const BUFFER = 1;
/** While the map moves, tiles are drawn no more often than this. */
const PAUSE_MS = 200;

/** @param {number} zoom */
const quarter = (zoom) => Math.round(zoom * 4) / 4;

/** @param {L.Map} map @param {Level} level @param {L.LatLng} center @param {number} zoom */
function move(map, { element, origin, zoom: own }, center, zoom) {
  const scale = map.getZoomScale(zoom, own);
  transform(
    element,
    origin
      .multiplyBy(scale)
      .subtract(originAt(map, center, zoom))
      .round(),
    scale,
  );
}

/** @param {L.Map} map @param {HTMLElement} box @param {number} zoom @returns {Level} */
function makeLevel(map, box, zoom) {
  const element = L.DomUtil.create('div', 'leaflet-tile-container leaflet-zoom-animated', box);
  const origin = map.project(map.unproject(map.getPixelOrigin()), zoom).round();
  const level = { zoom, element, origin, tiles: new Map() };
  move(map, level, map.getCenter(), map.getZoom());
  // Only what was laid out before takes part in a transition.
  element.getBoundingClientRect();
  return level;
}

/**
 * First and last column and row of a level in a view.
 *
 * @param {L.Map} map
 * @param {Level} level
 * @param {L.LatLng} center
 * @param {number} zoom
 */
function rangeOf(map, level, center, zoom) {
  const middle = map.project(center, level.zoom).floor();
  const half = map.getSize().divideBy(2 * map.getZoomScale(zoom, level.zoom));
  const first = middle.subtract(half).divideBy(SIZE_PX).floor();
  const last = middle.add(half).divideBy(SIZE_PX).ceil().subtract(L.point(1, 1));
  return { first, last };
}

/**
 * @param {Level} level
 * @param {number} x
 * @param {number} y
 * @param {(ctx: CanvasRenderingContext2D, tile: Tile) => void} paint
 */
function drawTile({ zoom, element, origin }, x, y, paint) {
  const ratio = Math.min(window.devicePixelRatio || 1, 3);
  const canvas = L.DomUtil.create('canvas', 'leaflet-tile leaflet-tile-loaded');
  canvas.width = Math.ceil(SIZE_PX * ratio);
  canvas.height = canvas.width;
  canvas.style.width = `${SIZE_PX}px`;
  canvas.style.height = canvas.style.width;
  const ctx = penOf(canvas, { alpha: false });
  ctx.scale(ratio, ratio);
  paint(ctx, { zoom, scale: 256 * 2 ** zoom, left: x * SIZE_PX, top: y * SIZE_PX, size: SIZE_PX });
  L.DomUtil.setPosition(canvas, L.point(x, y).multiplyBy(SIZE_PX).subtract(origin));
  element.append(canvas);
  return { x, y, canvas };
}

/**
 * The tiles of one map.
 *
 * @param {L.Map} map
 * @param {HTMLElement} box
 * @param {(ctx: CanvasRenderingContext2D, tile: Tile) => void} paint
 */
function tilesOn(map, box, paint) {
  /** @type {Map<number, Level>} */
  const levels = new Map();
  let shown = makeLevel(map, box, quarter(map.getZoom()));
  levels.set(shown.zoom, shown);

  /** Draws what a view lacks. @param {L.LatLng} center @param {number} zoom */
  const cover = (center, zoom) => {
    const { first, last } = rangeOf(map, shown, center, zoom);
    for (let y = first.y; y <= last.y; y += 1) {
      for (let x = first.x; x <= last.x; x += 1) {
        const key = `${x} ${y}`;
        if (!shown.tiles.has(key)) shown.tiles.set(key, drawTile(shown, x, y, paint));
      }
    }
    for (const [key, { x, y, canvas }] of shown.tiles) {
      const [low, high] = [first.subtract(L.point(BUFFER, BUFFER)), last.add(L.point(BUFFER, BUFFER))];
      if (x >= low.x && x <= high.x && y >= low.y && y <= high.y) continue;
      canvas.remove();
      shown.tiles.delete(key);
    }
  };
  /** Shows the level of a zoom on top of the others. @param {number} zoom */
  const raise = (zoom) => {
    shown = levels.get(zoom) ?? makeLevel(map, box, zoom);
    levels.set(zoom, shown);
    for (const level of levels.values()) {
      level.element.style.zIndex = String(Math.round(200 - 4 * Math.abs(zoom - level.zoom)));
    }
  };
  /** @param {L.LatLng} center @param {number} zoom */
  const moveAll = (center, zoom) => {
    for (const level of levels.values()) move(map, level, center, zoom);
  };
  const settle = () => {
    raise(quarter(map.getZoom()));
    cover(map.getCenter(), map.getZoom());
    for (const level of levels.values()) {
      if (level === shown) continue;
      level.element.remove();
      levels.delete(level.zoom);
    }
    moveAll(map.getCenter(), map.getZoom());
  };
  return { shown: () => shown, cover, raise, moveAll, settle };
}

/**
 * What the map's events do to its tiles.
 *
 * @param {L.Map} map
 * @param {ReturnType<typeof tilesOn>} tiles
 */
function eventsOf(map, tiles) {
  let zooming = false;
  let frames = 0; // of a change of zoom; a jump has but one, and ends at once
  const moved = () => {
    if (zooming || frames === 1) return;
    // A flight is drawn with the tiles that it started with, until they are too coarse.
    if (Math.abs(map.getZoom() - tiles.shown().zoom) > 1) tiles.settle();
    else tiles.cover(map.getCenter(), map.getZoom());
  };
  return {
    move: L.Util.throttle(moved, PAUSE_MS, null),
    zoom: () => {
      frames += 1;
      tiles.moveAll(map.getCenter(), map.getZoom());
    },
    /** @param {L.ZoomAnimEvent} event */
    zoomanim({ center, zoom, noUpdate }) {
      if (!noUpdate) {
        zooming = true;
        tiles.raise(quarter(zoom));
        tiles.cover(center, Math.max(zoom, map.getZoom()));
      }
      tiles.moveAll(center, zoom);
    },
    zoomend: () => {
      zooming = false;
    },
    moveend: () => {
      frames = 0;
      tiles.settle();
    },
  };
}

/**
 * A Leaflet layer of such tiles.
 *
 * @param {(ctx: CanvasRenderingContext2D, tile: Tile) => void} paint
 * @returns {L.Layer}
 */
export function tileLayer(paint) {
  const box = L.DomUtil.create('div', 'leaflet-layer');
  /** @type {ReturnType<typeof eventsOf> | null} */
  let events = null;
  const Tiles = L.Layer.extend({
    /** @param {L.Map} map */
    onAdd(map) {
      map.getPane('tilePane')?.append(box);
      events = eventsOf(map, tilesOn(map, box, paint));
      map.on(events);
      events.moveend();
    },
    /** @param {L.Map} map */
    onRemove(map) {
      if (events) map.off(events);
      box.replaceChildren();
      box.remove();
    },
  });
  return new Tiles();
}
