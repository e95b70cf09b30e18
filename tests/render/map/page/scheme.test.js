import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  betterAndWorse,
  changeClass,
  changeText,
  difference,
  differences,
  endsOf,
} from '../../../../circle15/render/map/page/differences.js';
import { ABSENT, APART, figureOf } from '../../../../circle15/render/map/page/figures.js';
import { countOf, placeOf } from '../../../../circle15/render/map/page/model.js';
import { changeSummary, moreOrFewer } from '../../../../circle15/render/map/page/scheme.js';
import { fromHash, toHash } from '../../../../circle15/render/map/page/state.js';
import { drawnPlaces, modelsOf, sumsOf } from '../../../../circle15/render/map/page/today.js';
import { bytesOf, cell, community, model, service, state, zh } from './builders.js';

/** @typedef {import("../../../../circle15/render/map/page/content.js").Facility} Facility */
/** @typedef {import("../../../../circle15/render/map/page/state.js").State} State */

const TEN = 10;
/** @type {Facility} */
const SITE = { id: 'f', name: '站', services: ['clinic'], lon: 120.1, lat: 31.1, status: 0 };

/** A community with one clinic cell. @param {string} id @param {number} out @param {number} index */
const place = (id, out, index) =>
  community(id, { gap: { index, rank: 1 }, services: { clinic: cell(200, [out, out, out], { mean_min: out / 10 }) } });

/** A scheme that serves a, changes nothing of b, and makes cd of c and d. */
const schemed = () => {
  const was = [place('a', 120, 60), place('b', 40, 20)];
  const shown = model({
    services: [service('clinic')],
    communities: [place('a', 30, 15), place('b', 40, 20), place('c', 100, 50)],
    facilities: [SITE, { ...SITE, id: 'new' }],
    totals: { pop_60plus: 800, uncovered: { clinic: [170, 170, 170] }, placed: { clinic: 800 } },
    before: {
      scenario: { name: '甲', parent: '' },
      changes: [],
      same: [...was, null],
      communities: ['c', 'd'].map((id) => ({
        id,
        name: id,
        name_en: '',
        subdistrict: '',
        subdistrict_en: '',
        anchor: /** @type {[number, number]} */ ([120, 31]),
      })),
      facilities: { new: null, f: { ...SITE, services: [] } },
      totals: null,
      needs: null,
      profile: {
        title_zh: '老年人',
        title_en: 'Elderly',
        speed_mmps: 900,
        stairs_mmps: 310,
        half_signal_ms: 0,
        half_gate_ms: 0,
      },
    },
  });
  const empty = Object.fromEntries(['rings', 'points', 'x', 'y'].map((part) => [`before.${part}`, []]));
  const models = modelsOf(shown, bytesOf({ ...empty, 'before.parts': [0, 0] }));
  if (!models) throw new Error('a scheme has three models');
  return models;
};

/** @param {Partial<State>} [others] */
const viewed = (others = {}) => {
  const bare = { model: schemed().change, state: state({ when: 'change', cutoff: 2, ...others }), say: zh };
  return { ...bare, result: differences(bare) };
};

test('a page of no scheme has one model', () => {
  assert.equal(modelsOf(model(), bytesOf({})), null);
});

test('today has the communities and the facilities of today alone', () => {
  const { today, scheme } = schemed();
  assert.deepEqual([countOf(today.communities), countOf(scheme.communities)], [4, 3]);
  assert.deepEqual(
    today.communities.map(({ absent }) => Boolean(absent)),
    [false, false, true, false, false],
  );
  // The c of today is not the c of the scheme, though it bears its id.
  assert.equal(placeOf(today.communities, 'c'), 3);
  assert.deepEqual([today.communities[3].services, today.communities[3].apart], [{}, true]);
  assert.equal(today.communities[0].services.clinic.uncovered?.[2], 120);
  assert.equal(countOf(today.facilities), 1);
  assert.deepEqual(today.facilities[0].services, []);
  assert.equal(placeOf(today.facilities, 'new'), -1);
  // Of c and d nothing is told today: sums are over a and b, 120 and 40 of 400.
  assert.deepEqual(today.content.totals, {
    pop_60plus: 400,
    uncovered: { clinic: [160, 160, 160] },
    placed: { clinic: 400 },
  });
  assert.equal(drawnPlaces(schemed()).length, 5);
});

test('a difference is that of two published numbers; one to nine count as five', () => {
  const asked = { measure: /** @type {const} */ ('uncovered'), service: 'clinic', cutoff: 0 };
  assert.equal(difference(cell(200, [120]), cell(200, [30]), asked, TEN), -90);
  assert.equal(difference(cell(200, [0]), cell(200, [-1]), asked, TEN), 5);
  assert.equal(difference(undefined, cell(200, [30]), asked, TEN), null);
  assert.equal(difference(cell(200, null), cell(200, [30]), asked, TEN), null);
  assert.equal(difference(cell(200, [50]), cell(200, [150]), { ...asked, measure: 'share' }, TEN), -0.5);
});

test('fewer people without a service is better, a greater share too', () => {
  const ends = endsOf('uncovered', 1000);
  assert.deepEqual(ends, [250, 1000]);
  const classes = [-1001, -1000, -250, 0, 1, 251, 1001].map((change) => changeClass('uncovered', change, ends));
  assert.deepEqual(classes, [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(
    [0.21, 0.2, 0.05, -0.05].map((change) => changeClass('share', change, [0.05, 0.2])),
    [0, 1, 2, 4],
  );
  assert.deepEqual(endsOf('uncovered', 39), [10, 40]);
});

test('changes have their sign, and few people are told as few', () => {
  assert.deepEqual(
    [-120, 5, -5, 0].map((change) => changeText('uncovered', change, TEN)),
    ['−120', '+<10', '−<10', '0'],
  );
  assert.deepEqual([changeText('share', 0.124, TEN), changeText('share', -0.001, TEN)], ['+12', '−<1']);
  assert.equal(changeText('index', -9.0, TEN), '−9');
});

test('the map of changes: better, the same, and not compared', () => {
  const { result } = viewed({ measure: 'uncovered', service: 'clinic' });
  // 90 of 90 is most: 10, 40 and more are the classes, 90 is much better.
  assert.deepEqual(result.classes, [0, 3, -1]);
  assert.deepEqual(
    result.figures.map(({ text, why }) => text ?? why),
    ['−90', '0', zh('scheme_redrawn')],
  );
  assert.deepEqual([result.counts, result.none], [[1, 0, 0, 1, 0, 0, 0], 1]);
  assert.deepEqual(
    viewed().result.figures.map(({ value }) => value),
    [45, 0, NaN],
  );
});

test('of all services the one that changes most', () => {
  const models = schemed();
  const [a] = models.change.communities;
  a.services.shop = cell(200, [150, 150, 150]);
  const was = models.change.was?.[0];
  if (!was) throw new Error('a is there today');
  was.services.shop = cell(200, [0, 0, 0]);
  const shown = { ...models.change, services: [service('clinic'), service('shop')] };
  const bare = { model: shown, state: state({ measure: 'uncovered', cutoff: 2 }), say: zh };
  const [figure] = differences(bare).figures;
  assert.deepEqual([figure.service, figure.text], ['shop', '+150']);
  was.services.shop = cell(200, [190, 190, 190]); // 40 fewer lack the shop, 90 fewer the clinic
  assert.equal(differences(bare).figures[0].service, 'clinic');
  was.services.shop = cell(200, [100, 100, 100]); // 50 more lack it, the clinic comes first
  assert.deepEqual([differences(bare).figures[0].service, differences(bare).figures[0].text], ['clinic', '−90']);
  was.services.shop = cell(200, [0, 0, 0]);
  assert.deepEqual(betterAndWorse(bare, ['clinic', 'shop'], 2), { better: 1, worse: 1 });
  assert.deepEqual(betterAndWorse(bare, ['clinic'], 2), { better: 1, worse: 0 });
});

test('the sentence on the city tells both and their difference', () => {
  const summary = changeSummary(viewed({ measure: 'share', service: 'clinic' }));
  assert.match(summary, /现状约160人，方案约70人，少约90 · 1个社区改善，0个变差 · 范围或人口改变的1个不作比较/);
  assert.equal(moreOrFewer(5, TEN, zh), '多不足10');
  assert.equal(moreOrFewer(0, TEN, zh), '没有变化');
});

test('of a community that is not the same today nothing is told', () => {
  const { today } = schemed();
  assert.equal(figureOf(today.communities[3], { measure: 'index', service: 'all', cutoff: 2 }, TEN), APART);
  assert.equal(figureOf(today.communities[2], { measure: 'index', service: 'all', cutoff: 2 }, TEN), ABSENT);
});

test('one to nine count as five in sums, nobody known as nobody', () => {
  const rows = [place('a', -1, 0), null, { ...place('b', 0, 0), pop_60plus: null }];
  const sums = sumsOf(rows, model({ services: [service('clinic')] }));
  assert.deepEqual([sums.pop_60plus, sums.uncovered.clinic, sums.placed.clinic], [200, [5, 5, 5], 400]);
});

test('an address keeps what is shown, and an ordinary page has no such part', () => {
  assert.match(toHash(state({ when: 'today' })), /&w=today$/);
  assert.doesNotMatch(toHash(state()), /w=/);
  assert.deepEqual(fromHash('#w=change', { when: [] }), {});
});
