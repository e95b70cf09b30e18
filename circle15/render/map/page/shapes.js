/**
 * Streets and areas from the page's bytes, in degrees and in the unit square of Web Mercator.
 *
 * @import { Grid } from "./content.js"
 * @import { Bytes } from "./bytes.js"
 * @typedef {[number, number]} LatLon degrees, as Leaflet wants them
 * @typedef {LatLon[][][]} Shape part > ring > point
 * @typedef {{x: Float64Array, y: Float64Array, start: Int32Array, count: number}} Items points that stand in a row
 * @typedef {Items & {rank: Uint8Array, flags: Int32Array, name: Int32Array, u: Int32Array, v: Int32Array}} Streets
 * @typedef {Items & {lineStart: Int32Array, partStart: Int32Array | null}} Flat rings or lines, grouped by part
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
    /** @param {number} step */
    lon: (step) => grid.lon0 + step / grid.steps_per_degree,
    /** @param {number} step */
    lat: (step) => grid.lat0 + step / grid.steps_per_degree,
  };
}

/**
 * Each edge's line with both ends, one after another.
 *
 * @param {Bytes} bytes
 * @param {Grid} grid
 * @param {number[]} ranks of the way classes
 * @returns {Streets}
 */
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
 * @param {Bytes} bytes
 * @param {Grid} grid
 * @param {string} name
 * @returns {(Shape | null)[]}
 */
export function readPolygons(bytes, grid, name) {
  const { lon, lat } = gridToDegrees(grid);
  const [parts, rings, points, xs, ys] = ['parts', 'rings', 'points', 'x', 'y'].map((word) =>
    bytes.read(`${name}.${word}`),
  );
  let part = 0;
  let ring = 0;
  let point = 0;
  /** @returns {LatLon[]} */
  const readRing = () => Array.from({ length: points[ring++] }, () => [lat(ys[point]), lon(xs[point++])]);
  const readPart = () => Array.from({ length: rings[part++] }, readRing);
  return Array.from(parts, (count) => (count ? Array.from({ length: count }, readPart) : null));
}

/**
 * Lines as Leaflet wants them: line > [lat, lon].
 *
 * @param {Bytes} bytes
 * @param {Grid} grid
 * @param {string} name
 * @returns {LatLon[][]}
 */
export function readPaths(bytes, grid, name) {
  const { lon, lat } = gridToDegrees(grid);
  const [points, xs, ys] = ['points', 'x', 'y'].map((word) => bytes.read(`${name}.${word}`));
  let point = 0;
  /** @returns {LatLon} */
  const readPoint = () => [lat(ys[point]), lon(xs[point++])];
  return Array.from(points, (count) => Array.from({ length: count }, readPoint));
}

/**
 * Rings (or lines) in the unit square, grouped by part, for drawing on a canvas.
 *
 * @param {Bytes} bytes
 * @param {Grid} grid
 * @param {string} name
 * @returns {Flat}
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
