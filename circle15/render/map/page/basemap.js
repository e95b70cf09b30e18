/**
 * The streets, water and green as a quiet basemap on canvas tiles.
 *
 * @import { Flat, Streets } from "./shapes.js"
 * @import { Box } from "./box_index.js"
 * @import { ContextLayer, World } from "./model.js"
 * @import { Tile } from "./tiles.js"
 * @typedef {Tile & {window: Box}} Sheet a tile and its box in the unit square, with a margin
 * @typedef {CanvasRenderingContext2D} Pen
 * @typedef {{tone: string, px: number, dash?: number[]}} Stroke
 */
import { PALETTE } from './palette.js';
import { FLAG } from './shapes.js';

const TONE = PALETTE.ground;

/** By rank: width in px at zoom 16, growth per zoom step, first zoom shown, fill, casing. */
const STREET = Object.freeze([
  { px: 1.2, grow: 1.35, from: 14.5, fill: TONE.path, casing: null },
  { px: 2.6, grow: 1.7, from: 13.5, fill: '#fdfcfa', casing: '#dcd4c8' },
  { px: 4.6, grow: 1.75, from: 12.5, fill: '#ffffff', casing: '#d4cbbd' },
  { px: 7, grow: 1.72, from: 11, fill: '#ffffff', casing: '#c6bbab' },
  { px: 10, grow: 1.66, from: 8, fill: '#fffaf0', casing: '#b5a896' },
  { px: 12, grow: 1.62, from: 8, fill: '#fff3dd', casing: '#a89a86' },
]);

const MARGIN_PX = 24;

/** @param {typeof STREET[number]} style @param {number} zoom */
const widthAt = (style, zoom) => Math.max(0.5, style.px * style.grow ** (zoom - 16));

/** @param {number} zoom */
const moatWidth = (zoom) => Math.min(26, Math.max(2.5, 5 * 1.7 ** (zoom - 14)));

/**
 * @param {Pen} ctx
 * @param {{x: Float64Array, y: Float64Array}} points
 * @param {number} from
 * @param {number} to
 * @param {Sheet} sheet
 */
function traceLine(ctx, { x, y }, from, to, { scale, left, top }) {
  ctx.moveTo(x[from] * scale - left, y[from] * scale - top);
  for (let k = from + 1; k < to; k += 1) ctx.lineTo(x[k] * scale - left, y[k] * scale - top);
}

/** @param {Pen} ctx @param {Flat} flat @param {number} part @param {Sheet} sheet */
function traceArea(ctx, { x, y, lineStart, partStart }, part, sheet) {
  if (!partStart) return; // lines enclose nothing
  for (let ring = partStart[part]; ring < partStart[part + 1]; ring += 1) {
    traceLine(ctx, { x, y }, lineStart[ring], lineStart[ring + 1], sheet);
    ctx.closePath();
  }
}

/** @param {Pen} ctx @param {Stroke} stroke */
function strokePath(ctx, { tone, px, dash }) {
  ctx.strokeStyle = tone;
  ctx.lineWidth = px;
  ctx.setLineDash(dash ?? []);
  ctx.stroke();
  ctx.setLineDash([]);
}

/**
 * Areas that touch a tile, in one path.
 *
 * @param {Pen} ctx
 * @param {ContextLayer | undefined} layer
 * @param {Sheet} sheet
 * @param {{fill: string, line?: Stroke | null}} style
 */
function drawAreas(ctx, layer, sheet, { fill, line }) {
  if (!layer) return;
  ctx.beginPath();
  for (const part of layer.index.find(...sheet.window)) traceArea(ctx, layer.flat, part, sheet);
  ctx.fillStyle = fill;
  ctx.fill('evenodd');
  if (line) strokePath(ctx, line);
}

/** @param {Pen} ctx @param {ContextLayer | undefined} layer @param {Sheet} sheet @param {Stroke} stroke */
function drawLines(ctx, layer, sheet, stroke) {
  if (!layer) return;
  const { flat, index } = layer;
  ctx.beginPath();
  for (const i of index.find(...sheet.window)) traceLine(ctx, flat, flat.lineStart[i], flat.lineStart[i + 1], sheet);
  strokePath(ctx, stroke);
}

/**
 * The outlines of areas as broad lines: a moat of which only the course is known.
 *
 * @param {Pen} ctx
 * @param {ContextLayer | undefined} layer
 * @param {Sheet} sheet
 * @param {Stroke} stroke
 */
function drawOutlines(ctx, layer, sheet, stroke) {
  if (!layer) return;
  ctx.beginPath();
  for (const part of layer.index.find(...sheet.window)) traceArea(ctx, layer.flat, part, sheet);
  strokePath(ctx, stroke);
}

/** @param {Pen} ctx @param {Streets} streets @param {number[]} edges @param {Sheet} sheet @param {Stroke} stroke */
function strokeStreets(ctx, streets, edges, sheet, stroke) {
  if (!edges.length) return;
  ctx.beginPath();
  for (const edge of edges) traceLine(ctx, streets, streets.start[edge], streets.start[edge + 1], sheet);
  strokePath(ctx, stroke);
}

/**
 * Edges that touch a tile by rank, private ones apart, and the bridges among them.
 *
 * @param {World} world
 * @param {Sheet} sheet
 */
function sorted({ streets, index }, sheet) {
  const ranks = STREET.map(() => ({ open: /** @type {number[]} */ ([]), private: /** @type {number[]} */ ([]) }));
  const bridges = [];
  for (const edge of index.find(...sheet.window)) {
    const rank = streets.rank[edge];
    if (sheet.zoom < STREET[rank].from) continue;
    const flags = streets.flags[edge];
    ranks[rank][flags & FLAG.PRIVATE ? 'private' : 'open'].push(edge);
    if (flags & FLAG.BRIDGE) bridges.push(edge);
  }
  return { ranks, bridges };
}

/** Thin streets first, casings below fills, bridges last. @param {Pen} ctx @param {World} world @param {Sheet} sheet */
function drawStreets(ctx, world, sheet) {
  const { streets } = world;
  const { zoom } = sheet;
  const { ranks, bridges } = sorted(world, sheet);
  /** @param {number[]} edges @param {Stroke} style */
  const stroke = (edges, style) => strokeStreets(ctx, streets, edges, sheet, style);
  ctx.lineJoin = 'round';
  ctx.lineCap = 'butt';
  const thin = { px: widthAt(STREET[0], zoom), dash: zoom >= 16 ? [3.2, 2.4] : [] };
  stroke(ranks[0].open, { ...thin, tone: TONE.path });
  stroke(ranks[0].private, { ...thin, tone: TONE.private });
  for (const edge of zoom >= 15 ? bridges : []) {
    stroke([edge], { tone: TONE.bridge, px: widthAt(STREET[streets.rank[edge]], zoom) + 3 });
  }
  ctx.lineCap = 'round';
  for (const [rank, style] of STREET.entries()) {
    if (!style.casing || zoom < 13.25 + (rank < 3 ? 1 : 0)) continue;
    const px = widthAt(style, zoom) + (zoom >= 15.5 ? 1.6 : 1.1);
    stroke(ranks[rank].open, { tone: style.casing, px });
    stroke(ranks[rank].private, { tone: TONE.private, px });
  }
  for (const [rank, style] of STREET.entries()) {
    if (!style.casing) continue;
    const px = widthAt(style, zoom);
    stroke(ranks[rank].private, { tone: TONE.yard, px });
    stroke(ranks[rank].open, { tone: zoom < 13.25 && rank >= 3 ? style.casing : style.fill, px });
  }
}

/** @param {Pen} ctx @param {World} world @param {Tile} tile */
export function drawTile(ctx, world, tile) {
  const { zoom, scale, left, top, size } = tile;
  const [west, north] = [(left - MARGIN_PX) / scale, (top - MARGIN_PX) / scale];
  const [east, south] = [(left + size + MARGIN_PX) / scale, (top + size + MARGIN_PX) / scale];
  /** @type {Sheet} */
  const sheet = { ...tile, window: [west, north, east, south] };
  const { residential, green, water, water_line, moat, buildings, rail_line } = world.context;
  ctx.fillStyle = TONE.land;
  ctx.fillRect(0, 0, size, size);
  drawAreas(ctx, residential, sheet, { fill: TONE.residential });
  drawAreas(ctx, green, sheet, { fill: TONE.green });
  drawAreas(ctx, water, sheet, { fill: TONE.water, line: { tone: TONE.shore, px: 0.8 } });
  drawLines(ctx, water_line, sheet, { tone: TONE.water, px: Math.max(1, 3 * 1.6 ** (zoom - 16)) });
  ctx.lineJoin = 'round';
  drawOutlines(ctx, moat, sheet, { tone: TONE.shore, px: moatWidth(zoom) + 1.6 });
  drawOutlines(ctx, moat, sheet, { tone: TONE.water, px: moatWidth(zoom) });
  if (zoom >= 14.5) {
    const line = zoom >= 15.5 ? { tone: TONE.wall, px: 0.6 } : null;
    drawAreas(ctx, buildings, sheet, { fill: TONE.building, line });
  }
  drawLines(ctx, rail_line, sheet, { tone: TONE.rail, px: zoom >= 14 ? 1.8 : 1 });
  if (zoom >= 14) drawLines(ctx, rail_line, sheet, { tone: '#ffffff', px: 1, dash: [6, 6] });
  drawStreets(ctx, world, sheet);
}
