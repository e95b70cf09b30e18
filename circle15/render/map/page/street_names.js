/**
 * Names of streets, letter by letter along their lines.
 *
 * @import { Streets } from "./shapes.js"
 * @import { World } from "./model.js"
 * @import { Room, Window } from "./labels.js"
 *
 * @typedef {{name: number, rank: number, points: Float64Array}} Chain a line in the unit square, x and y in turn
 * @typedef {{x: Float64Array, y: Float64Array, run: Float64Array}} Line on the screen, with the length run so far
 * @typedef {{letter: string, x: number, y: number, angle: number}} Letter
 * @typedef {{letters: string[], widths: number[], total: number}} Measured a text and its widths in px
 * @typedef {(set: Letter[], px: number) => boolean} Put whether a name could be written
 */
import { FONT, letterBox } from './labels.js';

const CJK = /[\u2e80-\u9fff\uf900-\ufaff]/;

/** By rank of a street: first zoom shown, size, colour and space between Chinese letters in px. */
const RULE = Object.freeze([
  { from: 17, px: 10.5, tone: '#6d6357', gap: 1 },
  { from: 17, px: 10.5, tone: '#6d6357', gap: 1 },
  { from: 16, px: 11, tone: '#665c50', gap: 1.5 },
  { from: 15, px: 11.5, tone: '#5f554a', gap: 3 },
  { from: 14, px: 12, tone: '#574d42', gap: 5 },
  { from: 13.5, px: 12.5, tone: '#574d42', gap: 5 },
]);

/** One name stands again after so many px. */
const SPACING = 420;

/** Edges by their name, unnamed ones left out. @param {Streets} streets @returns {Map<number, number[]>} */
function edgesByName(streets) {
  const byName = new Map();
  for (let edge = 0; edge < streets.count; edge += 1) {
    const name = streets.name[edge];
    if (!name) continue;
    if (!byName.has(name)) byName.set(name, []);
    byName.get(name).push(edge);
  }
  return byName;
}

/**
 * Edges of one name joined end to end where exactly two meet.
 *
 * @param {Streets} streets
 * @returns {Chain[]}
 */
export function nameChains(streets) {
  /** @type {Chain[]} */
  const chains = [];
  for (const [name, edges] of edgesByName(streets)) {
    /** @type {Map<number, number[]>} */
    const at = new Map();
    for (const edge of edges) {
      for (const node of [streets.u[edge], streets.v[edge]]) at.set(node, [...(at.get(node) ?? []), edge]);
    }
    /** @param {number} node */
    const meeting = (node) => at.get(node) ?? [];
    /** @type {Set<number>} */
    const used = new Set();
    const ends = edges.filter((edge) => [streets.u[edge], streets.v[edge]].some((node) => meeting(node).length !== 2));
    for (const first of [...ends, ...edges]) {
      if (!used.has(first)) chains.push(walk(streets, meeting, used, first, name));
    }
  }
  return chains;
}

/**
 * @param {Streets} streets
 * @param {(node: number) => number[]} meeting edges of the name at a node
 * @param {Set<number>} used
 * @param {number} first edge
 * @param {number} name
 * @returns {Chain}
 */
function walk(streets, meeting, used, first, name) {
  /** @type {number[]} */
  const points = [];
  let rank = 0;
  let node = meeting(streets.u[first]).length === 2 ? streets.v[first] : streets.u[first];
  if (meeting(node).length === 2) node = streets.u[first];
  /** @type {number | undefined} */
  let edge = first;
  while (edge !== undefined && !used.has(edge)) {
    used.add(edge);
    rank = Math.max(rank, streets.rank[edge]);
    const forward = streets.u[edge] === node;
    const [from, to] = [streets.start[edge], streets.start[edge + 1]];
    for (let k = from; k < to; k += 1) {
      const p = forward ? k : to - 1 - (k - from);
      if (k === from && points.length) continue;
      points.push(streets.x[p], streets.y[p]);
    }
    node = forward ? streets.v[edge] : streets.u[edge];
    const next = meeting(node);
    edge = next.length === 2 ? next.find((other) => !used.has(other)) : undefined;
  }
  return { name, rank, points: Float64Array.from(points) };
}

/**
 * A line on the screen; null where it lies outside.
 *
 * @param {Chain} chain
 * @param {Window} view
 * @returns {Line | null}
 */
function onScreen({ points }, { scale, left, top, width, height }) {
  const count = points.length / 2;
  const line = { x: new Float64Array(count), y: new Float64Array(count), run: new Float64Array(count) };
  let inside = false;
  for (let i = 0; i < count; i += 1) {
    line.x[i] = points[2 * i] * scale - left;
    line.y[i] = points[2 * i + 1] * scale - top;
    if (i) line.run[i] = line.run[i - 1] + Math.hypot(line.x[i] - line.x[i - 1], line.y[i] - line.y[i - 1]);
    inside ||= line.x[i] > -200 && line.x[i] < width + 200 && line.y[i] > -200 && line.y[i] < height + 200;
  }
  return inside ? line : null;
}

/** Point and direction at a length along a line. @param {Line} line @param {number} length */
function along({ x, y, run }, length) {
  let i = 1;
  while (i < run.length - 1 && run[i] < length) i += 1;
  const share = (length - run[i - 1]) / Math.max(1e-9, run[i] - run[i - 1]);
  return {
    x: x[i - 1] + share * (x[i] - x[i - 1]),
    y: y[i - 1] + share * (y[i] - y[i - 1]),
    angle: Math.atan2(y[i] - y[i - 1], x[i] - x[i - 1]),
  };
}

/** Angle between two directions. @param {number} a @param {number} b */
const turn = (a, b) => Math.abs(Math.atan2(Math.sin(a - b), Math.cos(a - b)));

/**
 * Where each letter of a name stands on a line around a middle, or null where the line bends too much.
 *
 * @param {Line} line
 * @param {number} middle
 * @param {Measured} text
 */
function setLetters(line, middle, { letters, widths, total }) {
  const begin = along(line, middle - total / 2);
  const end = along(line, middle + total / 2);
  const steep = Math.abs(end.y - begin.y) > Math.abs(end.x - begin.x);
  const upright = steep && letters.every((letter) => CJK.test(letter));
  const backward = upright ? end.y < begin.y : end.x < begin.x;
  /** @type {Letter[]} */
  const out = [];
  let position = backward ? middle + total / 2 : middle - total / 2;
  for (let k = 0; k < letters.length; k += 1) {
    const step = backward ? -widths[k] : widths[k];
    const spot = along(line, position + step / 2);
    position += step;
    let angle = backward ? spot.angle + Math.PI : spot.angle;
    if (upright) angle -= Math.PI / 2;
    if (out.length && turn(angle, out[out.length - 1].angle) > 0.4) return null;
    out.push({ letter: letters[k], x: spot.x, y: spot.y, angle });
  }
  return out;
}

/** @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} gap @returns {Measured} */
function measured(ctx, text, gap) {
  const letters = Array.from(text);
  const wide = CJK.test(text) ? gap : 0.3;
  const widths = letters.map((letter) => ctx.measureText(letter).width + wide);
  return { letters, widths, total: widths.reduce((sum, width) => sum + width, 0) };
}

/**
 * Writes a name along a line, as often as there is room.
 *
 * @param {Line} line
 * @param {Measured} text
 * @param {number} px
 * @param {Put} put
 */
function repeatName(line, text, px, put) {
  const { total } = text;
  const length = line.run[line.run.length - 1];
  if (length < total + 24) return;
  const places = Math.max(1, Math.floor(length / SPACING));
  for (let k = 0; k < places; k += 1) {
    for (const shift of [0, 60, -60, 120, -120]) {
      const middle = (length * (k + 0.5)) / places + shift;
      if (middle - total / 2 < 8 || middle + total / 2 > length - 8) continue;
      const set = setLetters(line, middle, text);
      if (set && put(set, px)) break;
    }
  }
}

/** Halo first, then the letters. @param {CanvasRenderingContext2D} ctx @param {Letter[]} set @param {string} tone */
function paint(ctx, set, tone) {
  for (const stroke of [true, false]) {
    for (const { letter, x, y, angle } of set) {
      ctx.save();
      ctx.translate(x, y);
      ctx.rotate(angle);
      if (stroke) ctx.strokeText(letter, 0, 0);
      else {
        ctx.fillStyle = tone;
        ctx.fillText(letter, 0, 0);
      }
      ctx.restore();
    }
  }
}

/** Broad streets first, long ones before short ones. @param {Chain} a @param {Chain} b */
const byWeight = (a, b) => b.rank - a.rank || b.points.length - a.points.length;

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Window} view
 * @param {{streetNames: World["streetNames"], chains: Chain[]}} world
 * @param {Room} taken
 */
export function drawStreetNames(ctx, view, { streetNames, chains }, taken) {
  /** @type {Map<number, Letter[]>} */
  const shown = new Map();
  /** @param {Letter} letter */
  const outside = ({ x, y }) => x < 4 || y < 4 || x > view.width - 4 || y > view.height - 4;
  /** @param {Chain} chain @param {string} tone @returns {Put} */
  const putter = (chain, tone) => (set, px) => {
    const middle = set[Math.floor(set.length / 2)];
    const others = shown.get(chain.name) ?? [];
    if (others.some((other) => Math.hypot(other.x - middle.x, other.y - middle.y) < 260)) return false;
    const boxes = set.map((letter) => letterBox(letter, px));
    if (set.some(outside) || !boxes.every(taken.free)) return false;
    boxes.forEach(taken.take);
    shown.set(chain.name, [...others, middle]);
    paint(ctx, set, tone);
    return true;
  };
  for (const chain of chains.filter(({ rank }) => view.zoom >= RULE[rank].from).sort(byWeight)) {
    const line = onScreen(chain, view);
    if (!line) continue;
    const { px, tone, gap } = RULE[chain.rank];
    ctx.font = `500 ${px}px ${FONT}`;
    ctx.lineWidth = 3.2;
    ctx.strokeStyle = 'rgba(255,253,249,.92)';
    repeatName(line, measured(ctx, streetNames[chain.name], gap), px, putter(chain, tone));
  }
}
