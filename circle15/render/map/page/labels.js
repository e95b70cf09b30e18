'use strict';
/** Names on the map: communities at their roomiest spot, streets along their lines; nothing overlaps. */

const FONT = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",system-ui,sans-serif';
/** Letters of a community's name on the map. */
const LONGEST = 32;
const CJK = /[\u2e80-\u9fff\uf900-\ufaff]/;

/** Boxes already taken, as [left, top, right, bottom]. */
export function room() {
  const taken = [];
  return {
    free: (box) => taken.every((other) => box[2] <= other[0] || box[0] >= other[2] || box[3] <= other[1] || box[1] >= other[3]),
    take: (box) => { taken.push(box); },
  };
}

/**
 * Edges of one name joined end to end where exactly two meet.
 *
 * @param {import("./shapes.js").Streets} streets
 * @returns {{name: number, rank: number, points: Float64Array}[]} lines in the unit square, x and y in turn
 */
export function nameChains(streets) {
  const byName = new Map();
  for (let edge = 0; edge < streets.count; edge += 1) {
    const name = streets.name[edge];
    if (!name) continue;
    if (!byName.has(name)) byName.set(name, []);
    byName.get(name).push(edge);
  }
  const chains = [];
  for (const [name, edges] of byName) {
    const at = new Map();
    for (const edge of edges) for (const node of [streets.u[edge], streets.v[edge]]) at.set(node, [...(at.get(node) ?? []), edge]);
    const used = new Set();
    const ends = edges.filter((edge) => at.get(streets.u[edge]).length !== 2 || at.get(streets.v[edge]).length !== 2);
    for (const first of [...ends, ...edges]) if (!used.has(first)) chains.push(walk(streets, at, used, first, name));
  }
  return chains;
}

function walk(streets, at, used, first, name) {
  const points = [];
  let rank = 0;
  let node = at.get(streets.u[first]).length === 2 ? streets.v[first] : streets.u[first];
  if (at.get(node).length === 2) node = streets.u[first];
  for (let edge = first; edge !== undefined && !used.has(edge);) {
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
    const here = at.get(node);
    edge = here.length === 2 ? here.find((other) => !used.has(other)) : undefined;
  }
  return { name, rank, points: Float64Array.from(points) };
}

/** A line on the screen with the length run so far; null where it lies outside. */
function onScreen(chain, scale, left, top, width, height) {
  const count = chain.points.length / 2;
  const line = { x: new Float64Array(count), y: new Float64Array(count), run: new Float64Array(count) };
  let inside = false;
  for (let i = 0; i < count; i += 1) {
    line.x[i] = chain.points[2 * i] * scale - left;
    line.y[i] = chain.points[2 * i + 1] * scale - top;
    if (i) line.run[i] = line.run[i - 1] + Math.hypot(line.x[i] - line.x[i - 1], line.y[i] - line.y[i - 1]);
    inside ||= line.x[i] > -200 && line.x[i] < width + 200 && line.y[i] > -200 && line.y[i] < height + 200;
  }
  return inside ? line : null;
}

/** Point and direction at a length along a line. */
function along(line, length) {
  let i = 1;
  while (i < line.run.length - 1 && line.run[i] < length) i += 1;
  const part = (length - line.run[i - 1]) / Math.max(1e-9, line.run[i] - line.run[i - 1]);
  return {
    x: line.x[i - 1] + part * (line.x[i] - line.x[i - 1]),
    y: line.y[i - 1] + part * (line.y[i] - line.y[i - 1]),
    angle: Math.atan2(line.y[i] - line.y[i - 1], line.x[i] - line.x[i - 1]),
  };
}

const turn = (a, b) => Math.abs(Math.atan2(Math.sin(a - b), Math.cos(a - b)));

/** Where each letter of a name stands on a line around a middle, or null where the line bends too much. */
function setLetters(line, middle, letters, widths, total) {
  const begin = along(line, middle - total / 2);
  const end = along(line, middle + total / 2);
  const upright = letters.every((letter) => CJK.test(letter)) && Math.abs(end.y - begin.y) > Math.abs(end.x - begin.x);
  const backward = upright ? end.y < begin.y : end.x < begin.x;
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

const RULE = Object.freeze([
  { from: 17, px: 10.5, tone: '#6d6357', gap: 1 },
  { from: 17, px: 10.5, tone: '#6d6357', gap: 1 },
  { from: 16, px: 11, tone: '#665c50', gap: 1.5 },
  { from: 15, px: 11.5, tone: '#5f554a', gap: 3 },
  { from: 14, px: 12, tone: '#574d42', gap: 5 },
  { from: 13.5, px: 12.5, tone: '#574d42', gap: 5 },
]);

function drawStreetName(ctx, line, text, rule, place) {
  const letters = Array.from(text);
  const wide = CJK.test(text) ? rule.gap : 0.3;
  const widths = letters.map((letter) => ctx.measureText(letter).width + wide);
  const total = widths.reduce((sum, width) => sum + width, 0);
  const length = line.run[line.run.length - 1];
  if (length < total + 24) return;
  const spacing = 420;
  const places = Math.max(1, Math.floor(length / spacing));
  for (let k = 0; k < places; k += 1) {
    for (const shift of [0, 60, -60, 120, -120]) {
      const middle = (length * (k + 0.5)) / places + shift;
      if (middle - total / 2 < 8 || middle + total / 2 > length - 8) continue;
      const set = setLetters(line, middle, letters, widths, total);
      if (set && place(set, rule.px)) break;
    }
  }
}

const letterBox = ({ x, y }, px) => [x - px * 0.72, y - px * 0.72, x + px * 0.72, y + px * 0.72];

/**
 * What nearly all names end with, so that a map need not repeat it: 社区, 村.
 *
 * @param {string[]} names
 */
export function commonEnd(names) {
  const ends = ['社区居委会', '居委会', '社区', ' Community', ' community'];
  return ends.find((end) => names.length > 2 && names.filter((name) => name.length > end.length && name.endsWith(end)).length > 0.8 * names.length) ?? '';
}

/** Halo first, then the letters. */
function paint(ctx, set, tone) {
  for (const stroke of [true, false]) {
    for (const { letter, x, y, angle } of set) {
      ctx.save();
      ctx.translate(x, y);
      ctx.rotate(angle);
      if (stroke) ctx.strokeText(letter, 0, 0);
      else { ctx.fillStyle = tone; ctx.fillText(letter, 0, 0); }
      ctx.restore();
    }
  }
}

function drawStreetNames(ctx, view, world, taken) {
  const names = world.streetNames;
  const shown = new Map();
  const chains = world.chains.filter((chain) => view.zoom >= RULE[chain.rank].from);
  for (const chain of chains.sort((a, b) => b.rank - a.rank || b.points.length - a.points.length)) {
    const line = onScreen(chain, view.scale, view.left, view.top, view.width, view.height);
    if (!line) continue;
    const rule = RULE[chain.rank];
    ctx.font = `500 ${rule.px}px ${FONT}`;
    ctx.lineWidth = 3.2;
    ctx.strokeStyle = 'rgba(255,253,249,.92)';
    drawStreetName(ctx, line, names[chain.name], rule, (set, px) => {
      const middle = set[Math.floor(set.length / 2)];
      const others = shown.get(chain.name) ?? [];
      if (others.some((other) => Math.hypot(other.x - middle.x, other.y - middle.y) < 260)) return false;
      const boxes = set.map((letter) => letterBox(letter, px));
      if (set.some(({ x, y }) => x < 4 || y < 4 || x > view.width - 4 || y > view.height - 4) || !boxes.every(taken.free)) return false;
      boxes.forEach(taken.take);
      shown.set(chain.name, [...others, middle]);
      paint(ctx, set, rule.tone);
      return true;
    });
  }
}

function drawAreaNames(ctx, view, areas, taken) {
  for (const { x: worldX, y: worldY, name, value, strong, dark } of areas) {
    const x = worldX * view.scale - view.left;
    const y = worldY * view.scale - view.top;
    if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
    const big = view.zoom >= 14.75 || strong;
    const px = big ? 13.5 : 11.5;
    ctx.font = `${strong ? 700 : 600} ${px}px ${FONT}`;
    const half = ctx.measureText(name).width / 2 + 3;
    const box = [x - half, y - px * 0.8, x + half, y + px * (value && big ? 1.9 : 0.8)];
    if (!taken.free(box) && !strong) continue;
    taken.take(box);
    ctx.lineWidth = 3;
    ctx.strokeStyle = dark ? 'rgba(82,24,42,.72)' : 'rgba(255,252,244,.82)';
    ctx.strokeText(name, x, y);
    ctx.fillStyle = dark ? '#ffffff' : '#26222e';
    ctx.fillText(name, x, y);
    if (!value || !big) continue;
    ctx.font = `500 ${px - 2}px ${FONT}`;
    ctx.strokeText(value, x, y + px * 1.2);
    ctx.fillStyle = dark ? '#f6e7e3' : '#5b5360';
    ctx.fillText(value, x, y + px * 1.2);
  }
}

/** A name as a map has room for it. @param {string} name */
export function shortName(name) {
  const letters = [...name];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join('')}…` : name;
}

/**
 * A Leaflet layer that writes names over the view and rests while the map zooms.
 *
 * @param {() => {areas: object[], world: object, on: boolean}} content
 */
export function labelLayer(content) {
  const Labels = L.Layer.extend({
    onAdd(map) {
      this._canvas = L.DomUtil.create('canvas', 'name-canvas leaflet-zoom-hide', map.getPane('names'));
      map.on('moveend zoomend resize viewreset', this.redraw, this);
      this.redraw();
    },
    onRemove(map) {
      map.off('moveend zoomend resize viewreset', this.redraw, this);
      this._canvas.remove();
    },
    redraw() {
      const map = this._map;
      if (!map) return;
      const size = map.getSize();
      const margin = 120;
      const ratio = Math.min(window.devicePixelRatio || 1, 3);
      const corner = map.containerPointToLayerPoint([-margin, -margin]);
      const [width, height] = [size.x + 2 * margin, size.y + 2 * margin];
      L.DomUtil.setPosition(this._canvas, corner);
      this._canvas.width = width * ratio;
      this._canvas.height = height * ratio;
      this._canvas.style.width = `${width}px`;
      this._canvas.style.height = `${height}px`;
      const { areas, world, on } = content();
      if (!on) return;
      const ctx = this._canvas.getContext('2d');
      ctx.scale(ratio, ratio);
      ctx.textAlign = 'center';
      ctx.textBaseline = 'middle';
      ctx.lineJoin = 'round';
      const zoom = map.getZoom();
      const origin = map.getPixelOrigin().add(corner);
      const view = { zoom, scale: 256 * 2 ** zoom, left: origin.x, top: origin.y, width, height };
      const taken = room();
      drawAreaNames(ctx, view, areas, taken);
      if (world.chains) drawStreetNames(ctx, view, world, taken);
    },
  });
  return new Labels();
}
