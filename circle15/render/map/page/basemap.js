'use strict';
/** The streets, water and green as a quiet basemap on canvas tiles, sharp at every quarter of a zoom step. */
import { FLAG } from "./shapes.js";

const TONE = Object.freeze({
  land: '#f1eee8', residential: '#ece8e0', green: '#dbe4cd', water: '#c5d9e2', shore: '#a9c4d0',
  building: '#e2dcd1', wall: '#d3cabd', rail: '#b8afa5', path: '#c4b9aa', bridge: '#8f8579', private: '#d8cfc2',
});

/** By rank: width in px at zoom 16, growth per zoom step, first zoom shown, fill, casing. */
const STREET = Object.freeze([
  { px: 1.2, grow: 1.35, from: 14.5, fill: TONE.path, casing: null },
  { px: 2.6, grow: 1.7, from: 13.5, fill: '#fdfcfa', casing: '#dcd4c8' },
  { px: 4.6, grow: 1.75, from: 12.5, fill: '#ffffff', casing: '#d4cbbd' },
  { px: 7, grow: 1.72, from: 11, fill: '#ffffff', casing: '#c6bbab' },
  { px: 10, grow: 1.66, from: 8, fill: '#fffaf0', casing: '#b5a896' },
  { px: 12, grow: 1.62, from: 8, fill: '#fff3dd', casing: '#a89a86' },
]);

const widthAt = (style, zoom) => Math.max(0.5, style.px * style.grow ** (zoom - 16));

/** @param {CanvasRenderingContext2D} ctx */
function traceLine(ctx, { x, y }, from, to, scale, left, top) {
  ctx.moveTo(x[from] * scale - left, y[from] * scale - top);
  for (let k = from + 1; k < to; k += 1) ctx.lineTo(x[k] * scale - left, y[k] * scale - top);
}

/** @param {CanvasRenderingContext2D} ctx */
function traceArea(ctx, flat, part, scale, left, top) {
  for (let ring = flat.partStart[part]; ring < flat.partStart[part + 1]; ring += 1) {
    traceLine(ctx, flat, flat.lineStart[ring], flat.lineStart[ring + 1], scale, left, top);
    ctx.closePath();
  }
}

/** Areas that touch a window, in one path. */
function drawAreas(ctx, layer, view, { fill, line, px }) {
  if (!layer) return;
  ctx.beginPath();
  for (const part of layer.index.find(...view.window)) traceArea(ctx, layer.flat, part, view.scale, view.left, view.top);
  ctx.fillStyle = fill;
  ctx.fill('evenodd');
  if (!line) return;
  ctx.strokeStyle = line;
  ctx.lineWidth = px;
  ctx.stroke();
}

function drawLines(ctx, layer, view, { tone, px, dash }) {
  if (!layer) return;
  ctx.beginPath();
  for (const i of layer.index.find(...view.window)) traceLine(ctx, layer.flat, layer.flat.lineStart[i], layer.flat.lineStart[i + 1], view.scale, view.left, view.top);
  ctx.strokeStyle = tone;
  ctx.lineWidth = px;
  ctx.setLineDash(dash ?? []);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** The outlines of areas as broad lines: a moat of which only the course is known. */
function drawOutlines(ctx, layer, view, { tone, px }) {
  if (!layer) return;
  ctx.beginPath();
  for (const part of layer.index.find(...view.window)) traceArea(ctx, layer.flat, part, view.scale, view.left, view.top);
  ctx.strokeStyle = tone;
  ctx.lineWidth = px;
  ctx.stroke();
}

const moatWidth = (zoom) => Math.min(26, Math.max(2.5, 5 * 1.7 ** (zoom - 14)));

function strokeStreets(ctx, streets, edges, view, tone, px, dash) {
  if (!edges.length) return;
  ctx.beginPath();
  for (const edge of edges) traceLine(ctx, streets, streets.start[edge], streets.start[edge + 1], view.scale, view.left, view.top);
  ctx.strokeStyle = tone;
  ctx.lineWidth = px;
  ctx.setLineDash(dash ?? []);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** Thin streets first, casings below fills, bridges last. */
function drawStreets(ctx, world, view) {
  const { streets } = world;
  const ranks = STREET.map(() => ({ open: [], private: [] }));
  const bridges = [];
  for (const edge of world.index.find(...view.window)) {
    const rank = streets.rank[edge];
    if (view.zoom < STREET[rank].from) continue;
    const flags = streets.flags[edge];
    ranks[rank][flags & FLAG.PRIVATE ? 'private' : 'open'].push(edge);
    if (flags & FLAG.BRIDGE) bridges.push(edge);
  }
  ctx.lineJoin = 'round';
  ctx.lineCap = 'butt';
  const dash = view.zoom >= 16 ? [3.2, 2.4] : [];
  strokeStreets(ctx, streets, ranks[0].open, view, TONE.path, widthAt(STREET[0], view.zoom), dash);
  strokeStreets(ctx, streets, ranks[0].private, view, TONE.private, widthAt(STREET[0], view.zoom), dash);
  if (view.zoom >= 15) {
    for (const edge of bridges) {
      const style = STREET[streets.rank[edge]];
      strokeStreets(ctx, streets, [edge], view, TONE.bridge, widthAt(style, view.zoom) + 3);
    }
  }
  ctx.lineCap = 'round';
  STREET.forEach((style, rank) => {
    if (!style.casing || view.zoom < 13.25 + (rank < 3 ? 1 : 0)) return;
    const px = widthAt(style, view.zoom) + (view.zoom >= 15.5 ? 1.6 : 1.1);
    strokeStreets(ctx, streets, ranks[rank].open, view, style.casing, px);
    strokeStreets(ctx, streets, ranks[rank].private, view, TONE.private, px);
  });
  STREET.forEach((style, rank) => {
    if (!style.casing) return;
    const tone = view.zoom < 13.25 && rank >= 3 ? style.casing : style.fill;
    strokeStreets(ctx, streets, ranks[rank].private, view, '#f7f4ef', widthAt(style, view.zoom));
    strokeStreets(ctx, streets, ranks[rank].open, view, tone, widthAt(style, view.zoom));
  });
}

/**
 * @param {CanvasRenderingContext2D} ctx @param {object} world streets and context with their grids
 * @param {{zoom: number, scale: number, left: number, top: number, size: number}} at
 */
export function drawTile(ctx, world, at) {
  const margin = 24;
  const view = {
    ...at,
    window: [(at.left - margin) / at.scale, (at.top - margin) / at.scale, (at.left + at.size + margin) / at.scale, (at.top + at.size + margin) / at.scale],
  };
  const { context } = world;
  ctx.fillStyle = TONE.land;
  ctx.fillRect(0, 0, at.size, at.size);
  drawAreas(ctx, context.residential, view, { fill: TONE.residential });
  drawAreas(ctx, context.green, view, { fill: TONE.green });
  drawAreas(ctx, context.water, view, { fill: TONE.water, line: TONE.shore, px: 0.8 });
  drawLines(ctx, context.water_line, view, { tone: TONE.water, px: Math.max(1, 3 * 1.6 ** (at.zoom - 16)) });
  ctx.lineJoin = 'round';
  drawOutlines(ctx, context.moat, view, { tone: TONE.shore, px: moatWidth(at.zoom) + 1.6 });
  drawOutlines(ctx, context.moat, view, { tone: TONE.water, px: moatWidth(at.zoom) });
  if (at.zoom >= 14.5) drawAreas(ctx, context.buildings, view, { fill: TONE.building, line: at.zoom >= 15.5 ? TONE.wall : null, px: 0.6 });
  drawLines(ctx, context.rail_line, view, { tone: TONE.rail, px: at.zoom >= 14 ? 1.8 : 1 });
  if (at.zoom >= 14) drawLines(ctx, context.rail_line, view, { tone: '#ffffff', px: 1, dash: [6, 6] });
  drawStreets(ctx, world, view);
}

/**
 * A Leaflet layer of such tiles.
 *
 * @param {object} world
 */
export function basemapLayer(world) {
  const Basemap = L.GridLayer.extend({
    createTile(coords) {
      const { x: size } = this.getTileSize();
      const ratio = Math.min(window.devicePixelRatio || 1, 3);
      const tile = document.createElement('canvas');
      tile.width = tile.height = Math.ceil(size * ratio);
      const ctx = tile.getContext('2d', { alpha: false });
      ctx.scale(ratio, ratio);
      drawTile(ctx, world, { zoom: coords.z, scale: 256 * 2 ** coords.z, left: coords.x * size, top: coords.y * size, size });
      return tile;
    },
    // Leaflet rounds the zoom of tiles to whole steps and scales their picture; drawn tiles need not be blurred.
    _setView(center, zoom, noPrune, noUpdate) {
      const wanted = Math.round(zoom * 4) / 4;
      if (!noUpdate || (this.options.updateWhenZooming && wanted !== this._tileZoom)) {
        this._tileZoom = wanted;
        this._abortLoading?.();
        this._updateLevels();
        for (const [z, level] of Object.entries(this._levels)) level.el.style.zIndex = Math.round(200 - 4 * Math.abs(wanted - Number(z)));
        this._resetGrid();
        this._update(center);
        if (!noPrune) this._pruneTiles();
        this._noPrune = Boolean(noPrune);
      }
      this._setZoomTransforms(center, zoom);
    },
  });
  const layer = new Basemap({ tileSize: 512, keepBuffer: 1, updateWhenIdle: false, updateWhenZooming: false, noWrap: true, pane: 'tilePane' });
  // Leaflet shows a tile in the frame after it was drawn; a printer does not wait.
  layer.flush = () => Object.values(layer._tiles ?? {}).forEach(({ coords, el }) => layer._tileReady(coords, null, el));
  return layer;
}
