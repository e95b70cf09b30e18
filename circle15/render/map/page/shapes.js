'use strict';
/**
 * Streets and areas from the page's bytes, in degrees and in the unit square of Web Mercator, and a
 * grid that finds what lies in a window.
 *
 * @typedef {{lon0: number, lat0: number, steps_per_degree: number}} Grid
 * @typedef {{has: (name: string) => boolean, read: (name: string) => Int32Array}} Bytes
 * @typedef {{x: Float64Array, y: Float64Array, start: Int32Array, rank: Uint8Array, flags: Int32Array,
 *   name: Int32Array, u: Int32Array, v: Int32Array, count: number}} Streets
 */

export const FLAG = Object.freeze({ STEPS: 1, BRIDGE: 2, TUNNEL: 4, PRIVATE: 8 });

/** Longitude in degrees to 0..1, west to east. @param {number} lon */
export const worldX = (lon) => (lon + 180) / 360;

/** Latitude in degrees to 0..1, north to south. @param {number} lat */
export function worldY(lat) {
  const sine = Math.sin((lat * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

/** @param {Grid} grid */
export function gridToDegrees(grid) {
  return {
    lon: (step) => grid.lon0 + step / grid.steps_per_degree,
    lat: (step) => grid.lat0 + step / grid.steps_per_degree,
  };
}

/** Each edge's line with both ends, one after another. @param {Bytes} bytes @param {Grid} grid @param {number[]} ranks */
export function readStreets(bytes, grid, ranks) {
  const { lon, lat } = gridToDegrees(grid);
  const nodeX = Float64Array.from(bytes.read('node.x'), (step) => worldX(lon(step)));
  const nodeY = Float64Array.from(bytes.read('node.y'), (step) => worldY(lat(step)));
  const bendX = bytes.read('bend.x');
  const bendY = bytes.read('bend.y');
  const bends = bytes.read('edge.bends');
  const u = bytes.read('edge.u');
  const v = bytes.read('edge.v');
  const count = u.length;
  const start = new Int32Array(count + 1);
  const x = new Float64Array(2 * count + bendX.length);
  const y = new Float64Array(2 * count + bendX.length);
  for (let edge = 0, at = 0, bend = 0; edge < count; edge += 1) {
    v[edge] += u[edge];
    x[at] = nodeX[u[edge]];
    y[at++] = nodeY[u[edge]];
    for (let k = 0; k < bends[edge]; k += 1, bend += 1) {
      x[at] = worldX(lon(bendX[bend]));
      y[at++] = worldY(lat(bendY[bend]));
    }
    x[at] = nodeX[v[edge]];
    y[at++] = nodeY[v[edge]];
    start[edge + 1] = at;
  }
  const rank = Uint8Array.from(bytes.read('edge.class'), (place) => ranks[place]);
  return { x, y, start, rank, flags: bytes.read('edge.flags'), name: bytes.read('edge.name'), u, v, count };
}

/**
 * Polygons as Leaflet wants them: shape > part > ring > [lat, lon]. A shape without a part is null.
 *
 * @param {Bytes} bytes @param {Grid} grid @param {string} name
 * @returns {(number[][][][] | null)[]}
 */
export function readPolygons(bytes, grid, name) {
  const { lon, lat } = gridToDegrees(grid);
  const [parts, rings, points, xs, ys] = ['parts', 'rings', 'points', 'x', 'y'].map((word) => bytes.read(`${name}.${word}`));
  let part = 0;
  let ring = 0;
  let point = 0;
  const readRing = () => Array.from({ length: points[ring++] }, () => [lat(ys[point]), lon(xs[point++])]);
  const readPart = () => Array.from({ length: rings[part++] }, readRing);
  return Array.from(parts, (count) => (count ? Array.from({ length: count }, readPart) : null));
}

/** Lines as Leaflet wants them: line > [lat, lon]. @param {Bytes} bytes @param {Grid} grid @param {string} name */
export function readPaths(bytes, grid, name) {
  const { lon, lat } = gridToDegrees(grid);
  const [points, xs, ys] = ['points', 'x', 'y'].map((word) => bytes.read(`${name}.${word}`));
  let point = 0;
  return Array.from(points, (count) => Array.from({ length: count }, () => [lat(ys[point]), lon(xs[point++])]));
}

/**
 * Rings (or lines) in the unit square, grouped by part, for drawing on a canvas.
 *
 * @param {Bytes} bytes @param {Grid} grid @param {string} name
 */
export function readFlat(bytes, grid, name) {
  const { lon, lat } = gridToDegrees(grid);
  const x = Float64Array.from(bytes.read(`${name}.x`), (step) => worldX(lon(step)));
  const y = Float64Array.from(bytes.read(`${name}.y`), (step) => worldY(lat(step)));
  const lineStart = runs(bytes.read(`${name}.points`));
  const partStart = bytes.has(`${name}.rings`) ? runs(bytes.read(`${name}.rings`)) : null;
  const count = (partStart ?? lineStart).length - 1;
  const start = new Int32Array(count + 1);
  for (let i = 0; i <= count; i += 1) start[i] = partStart ? lineStart[partStart[i]] : lineStart[i];
  return { x, y, lineStart, partStart, start, count };
}

/** Where each run begins. @param {Int32Array} lengths */
export function runs(lengths) {
  const start = new Int32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i += 1) start[i + 1] = start[i] + lengths[i];
  return start;
}

const CELL = 1 / 32768;

/**
 * A grid over items whose points stand in a row: `find(west, north, east, south)` calls back with every item
 * whose box touches the window, each once, in rising order.
 *
 * @param {{x: Float64Array, y: Float64Array, start: Int32Array, count: number}} items
 */
export function boxIndex(items) {
  const { x, y, start, count } = items;
  const box = new Float64Array(4 * count);
  let west = Infinity;
  let north = Infinity;
  let east = -Infinity;
  let south = -Infinity;
  for (let i = 0; i < count; i += 1) {
    let [w, n, e, s] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let k = start[i]; k < start[i + 1]; k += 1) {
      if (x[k] < w) w = x[k];
      if (x[k] > e) e = x[k];
      if (y[k] < n) n = y[k];
      if (y[k] > s) s = y[k];
    }
    box.set([w, n, e, s], 4 * i);
    west = Math.min(west, w);
    north = Math.min(north, n);
    east = Math.max(east, e);
    south = Math.max(south, s);
  }
  const columns = count ? Math.floor((east - west) / CELL) + 1 : 0;
  const rows = count ? Math.floor((south - north) / CELL) + 1 : 0;
  const column = (value) => Math.min(columns - 1, Math.max(0, Math.floor((value - west) / CELL)));
  const row = (value) => Math.min(rows - 1, Math.max(0, Math.floor((value - north) / CELL)));
  const size = new Int32Array(columns * rows);
  const eachCell = (i, visit) => {
    if (!(box[4 * i] <= box[4 * i + 2])) return;
    const [c0, r0, c1, r1] = [column(box[4 * i]), row(box[4 * i + 1]), column(box[4 * i + 2]), row(box[4 * i + 3])];
    for (let r = r0; r <= r1; r += 1) for (let c = c0; c <= c1; c += 1) visit(r * columns + c);
  };
  for (let i = 0; i < count; i += 1) eachCell(i, (cell) => { size[cell] += 1; });
  const first = runs(size);
  const held = new Int32Array(first[first.length - 1]);
  const next = first.slice();
  for (let i = 0; i < count; i += 1) eachCell(i, (cell) => { held[next[cell]++] = i; });
  const seen = new Int32Array(count).fill(-1);
  let turn = 0;

  /** @param {number} w @param {number} n @param {number} e @param {number} s @returns {Int32Array} */
  const find = (w, n, e, s) => {
    if (!count || e < west || w > east || s < north || n > south) return new Int32Array(0);
    turn += 1;
    const out = [];
    for (let r = row(n); r <= row(s); r += 1) {
      for (let c = column(w); c <= column(e); c += 1) {
        for (let k = first[r * columns + c]; k < first[r * columns + c + 1]; k += 1) {
          const i = held[k];
          if (seen[i] === turn) continue;
          seen[i] = turn;
          if (box[4 * i] <= e && box[4 * i + 2] >= w && box[4 * i + 1] <= s && box[4 * i + 3] >= n) out.push(i);
        }
      }
    }
    return Int32Array.from(out).sort();
  };
  return { find, bounds: [west, north, east, south] };
}
