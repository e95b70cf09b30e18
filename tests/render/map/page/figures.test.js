import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  breaksOf,
  classified,
  classOf,
  figureOf,
  ordered,
  RAMP,
  shareOf,
} from '../../../../circle15/render/map/page/figures.js';
import { SUPPRESSED } from '../../../../circle15/render/map/page/text.js';

const cell = (placed, uncovered, extra = {}) => ({
  placed,
  uncovered,
  rough: false,
  mean_min: 4,
  p90_min: 9,
  ...extra,
});
const place = (id, index, services, elders = 200) => ({
  id,
  name: id,
  pop_60plus: elders,
  gap: { index, rank: 1 },
  services,
});
const MINUTES = [5, 10, 15];

test('a share is what is not uncovered, of those who could be placed', () => {
  assert.equal(shareOf(cell(200, [150, 100, 50]), 2), 0.75);
  assert.equal(shareOf(cell(200, [200, 200, 0]), 2), 1);
  assert.equal(shareOf(undefined, 2), null);
  assert.equal(shareOf(cell(0, null), 2), null);
  assert.equal(shareOf(cell(SUPPRESSED, [SUPPRESSED]), 0), null);
});

test('one to nine people count as five, whoever they are', () => {
  assert.equal(shareOf(cell(100, [SUPPRESSED]), 0), 0.95);
});

test('"all" is the worst service: most people, least share, longest walk', () => {
  const own = place('a', 40, {
    clinic: cell(200, [0, 0, 20], { mean_min: 12 }),
    shop: cell(200, [0, 0, 60], { mean_min: 3 }),
  });
  const of = (measure) => figureOf(own, { measure, service: 'all', cutoff: 2 });
  assert.deepEqual([of('uncovered').value, of('uncovered').service], [60, 'shop']);
  assert.deepEqual([of('share').value, of('share').service], [0.7, 'shop']);
  assert.deepEqual([of('minutes').value, of('minutes').service], [12, 'clinic']);
  assert.equal(of('index').value, 40);
});

test('an unlisted service is no figure, never a zero', () => {
  const own = place('a', 40, { clinic: cell(200, [0, 0, 0]) });
  assert.equal(figureOf(own, { measure: 'share', service: 'day_care', cutoff: 2 }).kind, 'none');
  assert.equal(
    figureOf({ ...own, gap: null, pop_60plus: SUPPRESSED }, { measure: 'index', service: 'all', cutoff: 2 }).kind,
    'hidden',
  );
});

test('class limits: what stands on a limit belongs to the better class', () => {
  const index = breaksOf('index', [], MINUTES);
  assert.deepEqual(
    [0, 5, 5.01, 70, 70.01].map((value) => classOf('index', value, index)),
    [0, 0, 1, 4, 5],
  );
  const share = breaksOf('share', [], MINUTES);
  assert.deepEqual(
    [1, 0.95, 0.949, 0.2, 0.199, 0].map((value) => classOf('share', value, share)),
    [0, 0, 1, 4, 5, 5],
  );
  assert.deepEqual(breaksOf('minutes', [], MINUTES).slice(0, 3), MINUTES);
  assert.deepEqual(breaksOf('uncovered', [900], MINUTES), [0, 100, 200, 400, 800]);
  assert.deepEqual(breaksOf('uncovered', [], MINUTES), [0, 10, 20, 40, 80]);
});

test('every community is in a class or counted as none', () => {
  const all = [place('a', 3, {}), place('b', 90, {}), { ...place('c', 0, {}, SUPPRESSED), gap: null }];
  const found = classified(all, { measure: 'index', service: 'all', cutoff: 2 }, MINUTES);
  assert.equal(found.counts.reduce((sum, n) => sum + n, 0) + found.none + found.hidden, 3);
  assert.deepEqual(found.classes, [0, 5, -1]);
  assert.equal(found.hidden, 1);
});

test('the list runs from worst to best, with no figure last', () => {
  const all = [place('low', 3, {}), { ...place('none', 0, {}, SUPPRESSED), gap: null }, place('high', 90, {})];
  const view = { measure: 'index', service: 'all', cutoff: 2 };
  const { figures } = classified(all, view, MINUTES);
  const names = ordered(all, figures, 'value', 'index', (own) => own.name, 2).map((at) => all[at].name);
  assert.deepEqual(names, ['high', 'low', 'none']);
});

test('the ramp darkens step by step, by at least a tenth of the lightness', () => {
  const linear = (byte) => ((byte / 255 + 0.055) / 1.055) ** 2.4;
  const lightness = (hex) => {
    const [r, g, b] = [1, 3, 5].map((at) => linear(Number.parseInt(hex.slice(at, at + 2), 16)));
    return 116 * Math.cbrt(0.2126 * r + 0.7152 * g + 0.0722 * b) - 16;
  };
  const steps = RAMP.map(lightness);
  for (let k = 1; k < steps.length; k += 1)
    assert.ok(steps[k - 1] - steps[k] > 7, `${RAMP[k - 1]} and ${RAMP[k]}: ${steps[k - 1] - steps[k]}`);
});
