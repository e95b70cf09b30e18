import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commonEnd, nameChains, room, shortName } from '../../../../circle15/render/map/page/labels.js';
import { classLabels } from '../../../../circle15/render/map/page/legend.js';
import { fromHash, store, toHash } from '../../../../circle15/render/map/page/state.js';
import { cell, csv, listRows } from '../../../../circle15/render/map/page/table.js';
import {
  grouped,
  local,
  people,
  percent,
  SUPPRESSED,
  speaker,
  spokenHours,
} from '../../../../circle15/render/map/page/text.js';

const words = JSON.parse(
  readFileSync(new URL('../../../../circle15/render/map/page/words.json', import.meta.url), 'utf8'),
);
const say = speaker(words, 'zh');

test('every phrase has both languages and the same places to fill in', () => {
  for (const [key, phrase] of Object.entries(words)) {
    const places = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
    assert.ok(phrase.zh && phrase.en, key);
    assert.deepEqual(places(phrase.zh), places(phrase.en), key);
  }
  assert.throws(() => say('nowhere'), /no phrase nowhere/);
});

test('every phrase that the modules say exists, and none is left over', () => {
  const folder = new URL('../../../../circle15/render/map/page/', import.meta.url);
  const names = [
    'main',
    'frame',
    'panel',
    'card',
    'legend',
    'text',
    'table',
    'places',
    'labels',
    'categories',
    'clauses',
    'clause_drawers',
    'ledger_card',
    'lines',
  ];
  const source = names.map((name) => readFileSync(new URL(`${name}.js`, folder), 'utf8')).join('\n');
  for (const [, key] of source.matchAll(/\bsay\('(\w+)'/g)) assert.ok(words[key], key);
  const built =
    /^(measure|unit|sort|layer|severity|method|placed|broken|csv|facility|unit|verdict|cause|remedy|cross|check|status|level|mark)_|^(robust_gap|likely_gap|doubtful|robust_pass)$/;
  for (const key of Object.keys(words))
    assert.ok(source.includes(`'${key}'`) || built.test(key), `${key} is never said`);
});

test('values are filled in once: a name cannot bring in another value', () => {
  assert.equal(speaker({ a: { zh: '{x}-{y}', en: '' } }, 'zh')('a', { x: '{y}', y: '2' }), '{y}-2');
});

test('numbers', () => {
  assert.deepEqual([0, 999, 1000, 1234567].map(grouped), ['0', '999', '1,000', '1,234,567']);
  assert.deepEqual([0, 0.001, 0.5, 0.999, 1, null].map(percent), ['0%', '<1%', '50%', '>99%', '100%', '–']);
  assert.equal(people(SUPPRESSED, true, say), '不足10人');
  assert.equal(people(120, true, say), '约 120');
  assert.equal(people(0, true, say), '0');
});

test('a name in the wanted language, else in the other', () => {
  assert.equal(local({ name: '平江', name_en: '' }, 'name', 'en'), '平江');
  assert.equal(local({ name: '平江', name_en: 'Pingjiang' }, 'name', 'en'), 'Pingjiang');
  assert.equal(local({ title_zh: '', title_en: 'Shop' }, 'title', 'zh'), 'Shop');
});

test('cells that would run as formulas are text', () => {
  for (const bad of ['=1+1', '+1', '-1', '@x', '\t=1', ' =1', '＝1', '\u200b=1', '\r=1']) {
    assert.match(cell(bad), /^"?'/, JSON.stringify(bad));
  }
  assert.equal(cell(-1), '-1');
  assert.equal(cell('a,"b"\nc'), '"a,""b""\nc"');
  assert.equal(cell(null), '');
  assert.equal(csv([['社区', 1]]), '\uFEFF社区,1\r\n');
});

test('the table holds the rows shown, in their order, and no count under ten', () => {
  const services = [
    { key: 'clinic', determined: true, title_zh: '站' },
    { key: 'day', determined: false, title_zh: '照' },
  ];
  const community = (id, lost) => ({
    id,
    name: `=${id}`,
    subdistrict: '街',
    population: 300,
    pop_60plus: 100,
    gap: { rank: 1, index: 20 },
    services: { clinic: { placed: 100, uncovered: [lost], rough: true, mean_min: 3.2, p90_min: null } },
  });
  const view = {
    communities: [community('a', SUPPRESSED), community('b', 40)],
    services,
    minutes: 15,
    cutoff: 0,
    note: '含合成数据',
    say,
    title: (item) => item.title_zh,
    shown: [{ label: '缺口指数', of: () => '20' }],
  };
  const [head, first, second] = listRows(view, [1, 0]);
  assert.equal(head.length, first.length);
  assert.equal(first[1], 'b');
  assert.equal(first[head.indexOf('站未覆盖60岁以上_15分钟')], '约 40');
  assert.equal(second[head.indexOf('站未覆盖60岁以上_15分钟')], '不足10人');
  assert.equal(second.at(-1), '含合成数据');
  assert.ok(!head.some((title) => title.startsWith('照')));
});

test('an address brings back only what is on offer', () => {
  const allowed = { measure: ['index', 'share'], cutoff: ['0', '1'], community: ['c&=1'] };
  const state = { language: 'zh', measure: 'share', service: '', cutoff: 1, community: 'c&=1', facility: '' };
  assert.deepEqual(fromHash(toHash(state), allowed), { measure: 'share', cutoff: 1, community: 'c&=1' });
  assert.deepEqual(fromHash('#m=__proto__&c=%E0%A4%A&x=1', allowed), {});
});

test('listeners hear what has changed, and only then', () => {
  const heard = [];
  const kept = store({ a: 1, b: 2 });
  kept.watch((state, changed) => heard.push([...changed]));
  kept.set({ a: 1 });
  kept.set({ a: 3, b: 2 });
  assert.deepEqual(heard, [['a']]);
});

test('class labels meet without overlap', () => {
  assert.deepEqual(classLabels('index', [5, 15, 30, 50, 70], say), [
    '≤ 5',
    '6 – 15',
    '16 – 30',
    '31 – 50',
    '51 – 70',
    '> 70',
  ]);
  assert.deepEqual(classLabels('share', [0.95, 0.8, 0.6, 0.4, 0.2], say).slice(0, 2), ['≥ 95%', '80% – 95%']);
  assert.equal(classLabels('uncovered', [0, 10, 20, 40, 80], say)[0], '0');
});

test('edges of one street are joined where exactly two meet', () => {
  // a--b--c along one name, and a spur of another name at b: three points of each edge's ends
  const streets = {
    count: 3,
    u: Int32Array.of(0, 2, 1),
    v: Int32Array.of(1, 1, 3),
    name: Int32Array.of(1, 1, 2),
    rank: Uint8Array.of(2, 3, 1),
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

test('hours are said in Chinese, and nothing but their words changes', () => {
  const words = '周一 周二 周三 周四 周五 周六 周日 节假日 学校假期 全天 不开放 不开放 至'.split(' ');
  assert.equal(
    spokenHours('Mo-Fr 08:30-17:30; Sa,Su 09:00-16:00; PH off', words),
    '周一至周五 08:30-17:30; 周六,周日 09:00-16:00; 节假日 不开放',
  );
  assert.equal(spokenHours('24/7', words), '全天');
  assert.equal(spokenHours('Jan-Mar Th closed "by phone"', words), 'Jan-Mar 周四 不开放 "by phone"');
});

test('a name on the map is no longer than the map', () => {
  assert.equal(shortName('平江路'), '平江路');
  assert.equal([...shortName('𠮷'.repeat(600))].length, 32);
  assert.ok(shortName('x'.repeat(33)).endsWith('x…'));
  assert.equal(shortName('x'.repeat(32)), 'x'.repeat(32));
});
