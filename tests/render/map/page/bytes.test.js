import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { canUnzip, fromBase64, readVarints, unpack } from '../../../../circle15/render/map/page/bytes.js';

test('varints: one, two and five bytes, as LEB128 has them', () => {
  // 0 | 127 | 128 = 0x80 0x01 | 300 = 0xAC 0x02 | 2^31 - 1 = FF FF FF FF 07
  const bytes = Uint8Array.from([0, 0x7f, 0x80, 1, 0xac, 2, 0xff, 0xff, 0xff, 0xff, 7]);
  assert.deepEqual([...readVarints(bytes, 0, 5, 'u')], [0, 127, 128, 300, 2147483647]);
});

test('signed values and differences', () => {
  const bytes = Uint8Array.from([10, 4, 5]); // zigzag of 5, 2, -3
  assert.deepEqual([...readVarints(bytes, 0, 3, 's')], [5, 2, -3]);
  assert.deepEqual([...readVarints(bytes, 0, 3, 'd')], [5, 7, 4]);
});

test('reading starts where a section starts, and a cut section is an error', () => {
  assert.deepEqual([...readVarints(Uint8Array.from([9, 1, 2]), 1, 2, 'u')], [1, 2]);
  assert.throws(() => readVarints(Uint8Array.from([1, 2]), 0, 3, 'u'), /bytes end early/);
});

test('plain and gzipped bytes give the same', async () => {
  const raw = Uint8Array.from([3, 200, 1]);
  /** @type {Record<string, import("../../../../circle15/render/map/page/content.js").Section>} */
  const sections = { a: { start: 0, values: 1, code: 'u' }, b: { start: 1, values: 1, code: 'u' } };
  const plain = await unpack({ encoding: 'base64', bytes: 3, sections, text: Buffer.from(raw).toString('base64') });
  const zipped = await unpack({ encoding: 'gzip+base64', bytes: 3, sections, text: gzipSync(raw).toString('base64') });
  for (const found of [plain, zipped]) {
    assert.deepEqual([...found.read('a'), ...found.read('b')], [3, 200]);
    assert.equal(found.has('c'), false);
    assert.throws(() => found.read('c'), /no section c/);
  }
  assert.equal(canUnzip(), true);
  await assert.rejects(
    unpack({ encoding: 'base64', bytes: 4, sections, text: Buffer.from(raw).toString('base64') }),
    /3 bytes instead of 4/,
  );
  assert.deepEqual([...fromBase64('AP8=')], [0, 255]);
});
