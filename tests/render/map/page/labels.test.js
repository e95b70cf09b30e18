import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commonEnd, room, shortName } from '../../../../circle15/render/map/page/labels.js';
import { nameChains } from '../../../../circle15/render/map/page/street_names.js';

test('edges of one street are joined where exactly two meet', () => {
  // a--b--c along one name, and a spur of another name at b: three points of each edge's ends
  const streets = {
    count: 3,
    u: Int32Array.of(0, 2, 1),
    v: Int32Array.of(1, 1, 3),
    name: Int32Array.of(1, 1, 2),
    rank: Uint8Array.of(2, 3, 1),
    flags: Int32Array.of(0, 0, 0),
    start: Int32Array.of(0, 2, 4, 6),
    x: Float64Array.of(0, 1, 2, 1, 1, 1),
    y: Float64Array.of(0, 0, 0, 0, 0, 1),
  };
  const chains = nameChains(streets);
  assert.equal(chains.length, 2);
  assert.deepEqual([...chains[0].points], [0, 0, 1, 0, 2, 0]);
  assert.equal(chains[0].rank, 3);
});

test('labels: the common end goes, and boxes do not overlap', () => {
  assert.equal(commonEnd(['甲社区', '乙社区', '丙社区']), '社区');
  assert.equal(commonEnd(['甲社区', '乙村', '丙里']), '');
  const space = room();
  space.take([0, 0, 10, 10]);
  assert.equal(space.free([10, 0, 20, 10]), true);
  assert.equal(space.free([9, 9, 20, 20]), false);
});

test('a name on the map is no longer than the map', () => {
  assert.equal(shortName('平江路'), '平江路');
  assert.equal([...shortName('𠮷'.repeat(600))].length, 32);
  assert.ok(shortName('x'.repeat(33)).endsWith('x…'));
  assert.equal(shortName('x'.repeat(32)), 'x'.repeat(32));
});
