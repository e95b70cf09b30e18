import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  breaksOf,
  classified,
  classOf,
  figureOf,
  ordered,
  shareOf,
} from '../../../../circle15/render/map/page/figures.js';
import { SUPPRESSED } from '../../../../circle15/render/map/page/text.js';
import { cell, community, model, service } from './builders.js';

/** @typedef {import("../../../../circle15/render/map/page/content.js").Cell} Cell */
/** @typedef {import("../../../../circle15/render/map/page/state.js").Measure} Measure */

/** @param {string} id @param {number} index @param {Record<string, Cell>} [services] */
const place = (id, index, services = {}) => community(id, { gap: { index, rank: 1 }, services });
/** A community whose people are not public. @param {string} id */
const hidden = (id) => community(id, { pop_60plus: SUPPRESSED, gap: null });
/** @type {{measure: Measure, service: string, cutoff: number}} */
const INDEX = { measure: 'index', service: 'all', cutoff: 2 };
/** The smallest number of people that is published. */
const TEN = 10;
const MINUTES = [5, 10, 15];

test('a share is what is not uncovered, of those who could be placed', () => {
  assert.equal(shareOf(cell(200, [150, 100, 50]), 2, TEN), 0.75);
  assert.equal(shareOf(cell(200, [200, 200, 0]), 2, TEN), 1);
  assert.equal(shareOf(undefined, 2, TEN), null);
  assert.equal(shareOf(cell(0, null), 2, TEN), null);
  assert.equal(shareOf(cell(SUPPRESSED, [SUPPRESSED]), 0, TEN), null);
});

test('one to nine people count as five, whoever they are', () => {
  assert.equal(shareOf(cell(100, [SUPPRESSED]), 0, TEN), 0.95);
});

test('the smallest number that is published comes from the data', () => {
  const communities = [community('a', { services: { clinic: cell(20, [SUPPRESSED, SUPPRESSED, SUPPRESSED]) } })];
  /** @param {number} fewest @param {Measure} measure */
  const figure = (fewest, measure) => {
    const town = model({ fewest, communities, services: [service('clinic')] });
    const choice = { measure, service: 'clinic', cutoff: 2 };
    return classified(town.communities, choice, town.cutoffs, town.fewest).figures[0];
  };
  // Of 20 people fewer than 10 go without: 5 are drawn. Where fewer than 16 are hidden it is 8 of them.
  assert.deepEqual([figure(10, 'uncovered').value, figure(10, 'share').value], [5, 0.75]);
  assert.deepEqual([figure(16, 'uncovered').value, figure(16, 'share').value], [8, 0.6]);
  // Twenty placed people are themselves fewer than 30.
  assert.equal(figure(30, 'share').kind, 'none');
});

test('"all" is the worst service: most people, least share, longest walk', () => {
  const own = place('a', 40, {
    clinic: cell(200, [0, 0, 20], { mean_min: 12 }),
    shop: cell(200, [0, 0, 60], { mean_min: 3 }),
  });
  /** @param {Measure} measure */
  const of = (measure) => figureOf(own, { ...INDEX, measure }, TEN);
  assert.deepEqual([of('uncovered').value, of('uncovered').service], [60, 'shop']);
  assert.deepEqual([of('share').value, of('share').service], [0.7, 'shop']);
  assert.deepEqual([of('minutes').value, of('minutes').service], [12, 'clinic']);
  assert.equal(of('index').value, 40);
});

test('an unlisted service is no figure, never a zero', () => {
  const own = place('a', 40, { clinic: cell(200, [0, 0, 0]) });
  assert.equal(figureOf(own, { measure: 'share', service: 'day_care', cutoff: 2 }, TEN).kind, 'none');
  assert.equal(figureOf(hidden('b'), INDEX, TEN).kind, 'hidden');
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
  const all = [place('a', 3), place('b', 90), hidden('c')];
  const found = classified(all, INDEX, MINUTES, TEN);
  assert.equal(found.counts.reduce((sum, n) => sum + n, 0) + found.none + found.hidden, 3);
  assert.deepEqual(found.classes, [0, 5, -1]);
  assert.equal(found.hidden, 1);
});

test('the list runs from worst to best, with no figure last', () => {
  const all = [place('low', 3), hidden('none'), place('high', 90)];
  const { figures } = classified(all, INDEX, MINUTES, TEN);
  const places = ordered(all, figures, { ...INDEX, sort: 'value' }, ({ name }) => name, TEN);
  const names = places.map((at) => all[at].name);
  assert.deepEqual(names, ['high', 'low', 'none']);
});
