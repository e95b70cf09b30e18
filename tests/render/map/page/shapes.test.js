import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxIndex } from '../../../../circle15/render/map/page/box_index.js';
import { readPolygons, readStreets, worldX, worldY } from '../../../../circle15/render/map/page/shapes.js';
import { bytesOf } from './builders.js';

const GRID = { lon0: 120, lat0: 31, steps_per_degree: 250000 };

test('the unit square of Web Mercator', () => {
  assert.equal(worldX(-180), 0);
  assert.equal(worldX(0), 0.5);
  assert.ok(Math.abs(worldY(0) - 0.5) < 1e-15);
  assert.ok(Math.abs(worldY(85.0511287798066)) < 1e-12);
});

test('an edge runs from its u end over its bends to its v end', () => {
  const bytes = bytesOf({
    'node.x': [0, 250000],
    'node.y': [0, 0],
    'edge.u': [0],
    'edge.v': [1],
    'edge.bends': [1],
    'edge.class': [1],
    'edge.flags': [2],
    'edge.name': [0],
    'bend.x': [125000],
    'bend.y': [250],
  });
  const streets = readStreets(bytes, GRID, [5, 3]);
  assert.deepEqual([...streets.start], [0, 3]);
  assert.deepEqual([...streets.x], [worldX(120), worldX(120.5), worldX(121)]);
  assert.equal(streets.y[1], worldY(31.001));
  assert.deepEqual([streets.rank[0], streets.u[0], streets.v[0]], [3, 0, 1]);
});

test('polygons: two parts, one with a hole, and one shape that is not there', () => {
  const bytes = bytesOf({
    'a.parts': [2, 0],
    'a.rings': [2, 1],
    'a.points': [3, 3, 3],
    'a.x': [0, 250000, 0, 1, 2, 1, 5, 6, 5],
    'a.y': [0, 0, 250000, 1, 1, 2, 5, 5, 6],
  });
  const [first, second] = readPolygons(bytes, GRID, 'a');
  assert.equal(second, null);
  assert.deepEqual(
    first?.map((part) => part.map((ring) => ring.length)),
    [[3, 3], [3]],
  );
  assert.deepEqual(first?.[0][0], [
    [31, 120],
    [31, 121],
    [32, 120],
  ]);
});

test('the grid finds each item that touches a window once, and no other', () => {
  const count = 200;
  /** @param {number} k */
  const at = (k) => 0.5 + ((k * 7919) % 1000) / 1e6;
  const start = Int32Array.from({ length: count + 1 }, (_, k) => 2 * k);
  const x = Float64Array.from({ length: 2 * count }, (_, k) => at(k));
  const y = Float64Array.from({ length: 2 * count }, (_, k) => at(3 * k + 1));
  const { find } = boxIndex({ x, y, start, count });
  for (const [w, n, e, s] of [
    [0.5, 0.5, 0.501, 0.501],
    [0.5002, 0.5002, 0.50025, 0.5003],
    [0.2, 0.2, 0.3, 0.3],
  ]) {
    const slow = [];
    for (let i = 0; i < count; i += 1) {
      const [x0, x1] = [Math.min(x[2 * i], x[2 * i + 1]), Math.max(x[2 * i], x[2 * i + 1])];
      const [y0, y1] = [Math.min(y[2 * i], y[2 * i + 1]), Math.max(y[2 * i], y[2 * i + 1])];
      if (x0 <= e && x1 >= w && y0 <= s && y1 >= n) slow.push(i);
    }
    assert.deepEqual([...find(w, n, e, s)], slow);
  }
  assert.equal(
    boxIndex({ x: new Float64Array(0), y: new Float64Array(0), start: Int32Array.of(0), count: 0 }).find(0, 0, 1, 1)
      .length,
    0,
  );
});
