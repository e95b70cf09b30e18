import assert from 'node:assert/strict';
import { test } from 'node:test';
import { categorised } from '../../../../circle15/render/map/page/categories.js';
import {
  marginText,
  observedText,
  requiredText,
  shortfall,
  withUnit,
} from '../../../../circle15/render/map/page/clauses.js';
import { remedyText } from '../../../../circle15/render/map/page/ledger_card.js';
import { NEARLY, verdictsOf } from '../../../../circle15/render/map/page/verdicts.js';
import { bytesOf, cell, community, content, model, en as say, state } from './builders.js';

/** @typedef {import("../../../../circle15/render/map/page/clauses.js").Measured} Measured */

/** @type {Measured["clause"]} */
const share = { unit: '%', about: true, at_least: 90 };
/** @param {Measured["verdict"]} verdict @param {number} observed @returns {Measured} */
const row = (verdict, observed, clause = share) => ({ clause, verdict, observed, low: null, high: null });
/** @param {number} low @param {number | null} high @returns {Measured} */
const ranged = (low, high, clause = share) => ({ clause, verdict: 'u', observed: null, low, high });

test('figures carry their unit, requirements their side', () => {
  assert.equal(withUnit(1234, 'm2', say), '1,234 m²');
  assert.equal(withUnit(30.25, 'm2/100hh', say), '30.3 m² per 100 households');
  assert.equal(withUnit(1, 'yes', say), 'yes');
  assert.equal(withUnit(3, 'bushels', say), '3 bushels');
  assert.equal(requiredText({ unit: 'hh', at_least: 200, at_most: 300 }, say), '200–300 households');
  assert.equal(requiredText({ unit: '%', at_least: 90 }, say), '≥ 90%');
  assert.equal(requiredText({ unit: '%', more_than: 90 }, say), '> 90%');
  assert.equal(requiredText({ unit: 'hh', at_most: 300 }, say), '≤ 300 households');
  assert.equal(requiredText({ unit: 'grids' }, say), '');
});

test('a rounded figure never contradicts its verdict', () => {
  assert.equal(observedText(row('f', 90), { say }), '< 90%');
  assert.equal(observedText(row('p', 89), { say }), '≥ 90%');
  assert.equal(observedText(row('f', 88), { say }), '≈ 88%');
  assert.equal(observedText(row('p', 100), { say }), '100%');
  assert.equal(observedText(row('f', 0), { say }), '0%');
  assert.equal(observedText(row('f', 30, { unit: '%', about: true, at_most: 30 }), { say }), '> 30%');
  assert.equal(marginText(row('f', 90), { say }), '');
  assert.equal(marginText(row('f', 83), { say }), '≈ 7 points short');
  assert.equal(marginText(row('p', 1400, { unit: 'm2', about: false, at_least: 400 }), { say }), '1,000 m² to spare');
});

test('more than a figure is not that figure', () => {
  const more = { unit: '%', about: true, more_than: 90 };
  assert.equal(observedText(row('p', 90, more), { say }), '> 90%');
  assert.equal(observedText(row('f', 91, more), { say }), '≤ 90%');
  assert.equal(observedText(row('f', 90, more), { say }), '≈ 90%');
  assert.equal(marginText(row('f', 90, { ...more, about: false }), { say }), '');
});

test('a range is told as a range, never a bound as the value', () => {
  const floor = { unit: 'm2', about: false, at_least: 400 };
  assert.equal(observedText(ranged(465, null, floor), { say }), '≥ 465 m²');
  assert.equal(observedText(ranged(465, 930, floor), { say }), '465–930 m²');
  assert.equal(observedText(ranged(0, 45), { say }), '≈ 0–45%');
  assert.equal(observedText(ranged(80, 80), { say }), '≈ 80%');
  assert.equal(observedText(ranged(NEARLY.NONE, 45), { say }), 'between fewer than 10 people and ≈ 45%');
  assert.equal(observedText(ranged(60, NEARLY.ALL), { say }), 'between ≈ 60% and all but fewer than 10 people');
  assert.equal(observedText({ ...ranged(0, 0), low: null, high: null }, { say }), '');
  assert.equal(marginText(ranged(465, 930, floor), { say }), '');
});

test('what passes as the nearest number has no margin', () => {
  const grids = { unit: 'hh', about: true, at_least: 200, at_most: 300 };
  assert.equal(marginText(row('p', 175, grids), { say }), '');
  assert.equal(marginText(row('f', 350, grids), { say }), '≈ 50 households short');
});

test('few people are told in words and have no margin', () => {
  assert.equal(observedText(row('f', NEARLY.NONE), { say }), 'fewer than 10 people');
  assert.equal(observedText(row('p', NEARLY.ALL), { say }), 'all but fewer than 10 people');
  assert.equal(marginText(row('p', NEARLY.ALL), { say }), '');
  assert.ok(shortfall(row('f', NEARLY.NONE)) > shortfall(row('f', 50)));
  assert.equal(shortfall(row('p', 95)), 0);
});

test('kinds of a community whose people are not public, and before anything is there', () => {
  const communities = [community('a', { pop_60plus: -1, gap: null }), community('b', { pop_60plus: 50 })];
  const town = model({ communities });
  const view = { model: town, say, state: state({ measure: 'type' }) };
  assert.deepEqual(
    categorised(view).figures.map((figure) => figure.kind),
    ['hidden', 'none'],
  );
  const types = { types: [{ id: 'T1', zh: '甲', en: 'one' }], of: [-1, 0], outliers: [] };
  town.verdicts = verdictsOf({ types }, [], bytesOf({}), content().grid);
  const { classes, counts, hidden } = categorised(view);
  assert.deepEqual([classes, counts, hidden], [[-1, 0], [1], 1]);
});

test('people of a remedy are in tens, and few people are no percentage', () => {
  const town = model({ cutoffs_ms: [300000, 900000] });
  town.verdicts = verdictsOf({}, [], bytesOf({}), content().grid);
  const services = { shop: cell(400, [300, 230]), clinic: cell(400, [300, -1]) };
  const view = { model: town, say, state: state() };
  const cause = { cause: 'facility', gates: 220, link: 220, direct: 220, straight: 220, linkAt: -1 };
  const text = remedyText(cause, { services }, 'shop', view);
  assert.ok(text.includes('~220'), text);
  assert.ok(remedyText({ ...cause, straight: 100 }, { services }, 'shop', view).includes('100'));
  assert.ok(remedyText({ ...cause, straight: -1 }, { services }, 'clinic', view).includes('fewer than 10'));
});
