import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { classLabels } from '../../../../circle15/render/map/page/legend.js';
import { fromHash, store, toHash } from '../../../../circle15/render/map/page/state.js';
import { csv, cell as csvCell, listRows } from '../../../../circle15/render/map/page/table.js';
import {
  grouped,
  local,
  people,
  percent,
  SUPPRESSED,
  speaker,
  spokenHours,
} from '../../../../circle15/render/map/page/text.js';
import { cell, community, PAGE, zh as say, service, state, words } from './builders.js';

/** Phrases whose keys are put together from a word and a kind. */
const FAMILIES = [
  ...['measure', 'unit', 'sort', 'layer', 'severity', 'method', 'placed', 'broken', 'csv', 'facility', 'verdict'],
  ...['cause', 'remedy', 'cross', 'check', 'status', 'level', 'mark', 'scheme_legend', 'scheme_unit'],
].map((word) => `${word}_`);

test('every phrase has both languages and the same places to fill in', () => {
  for (const [key, phrase] of Object.entries(words)) {
    /** @param {string} text */
    const places = (text) => [...new Set([...text.matchAll(/\{(\w+)[}:]/g)].map((match) => match[1]))].sort();
    assert.ok(phrase.zh && phrase.en, key);
    assert.deepEqual(places(phrase.zh), places(phrase.en), key);
  }
  assert.throws(() => say('nowhere'), /no phrase nowhere/);
});

test('every phrase that the modules say exists, and none is left over', () => {
  const names = readdirSync(PAGE).filter((name) => name.endsWith('.js'));
  assert.ok(names.includes('main.js'));
  const source = names.map((name) => readFileSync(new URL(name, PAGE), 'utf8')).join('\n');
  for (const [, key] of source.matchAll(/\bsay\(\s*'(\w+)'/g)) assert.ok(words[key], key);
  /** @param {string} key */
  const isUsed = (key) => new RegExp(`'${key}'|\\b${key}: '#`).test(source);
  for (const key of Object.keys(words)) {
    const family = FAMILIES.some((start) => key.startsWith(start));
    assert.ok(family || isUsed(key), `${key} is never said`);
  }
});

test('values are filled in once: a name cannot bring in another value', () => {
  assert.equal(speaker({ a: { zh: '{x}-{y}', en: '' } }, 'zh')('a', { x: '{y}', y: '2' }), '{y}-2');
});

test('one is one', () => {
  const many = speaker({ a: { zh: '', en: '{n} {n:row|rows} of {all}' } }, 'en');
  assert.equal(many('a', { n: 1, all: 1 }), '1 row of 1');
  assert.equal(many('a', { n: '1,001', all: 2 }), '1,001 rows of 2');
  assert.equal(many('a', {}), '{n} {n:row|rows} of {all}');
});

test('numbers', () => {
  assert.deepEqual([0, 999, 1000, 1234567].map(grouped), ['0', '999', '1,000', '1,234,567']);
  assert.deepEqual([0, 0.001, 0.5, 0.999, 1, null].map(percent), ['0%', '<1%', '50%', '>99%', '100%', '–']);
  assert.equal(people(SUPPRESSED, true, say), '不足10人');
  assert.equal(people(120, true, say), '约120');
  assert.equal(people(0, true, say), '0');
});

test('a name in the wanted language, else in the other', () => {
  assert.equal(local({ name: '平江', name_en: '' }, 'name', 'en'), '平江');
  assert.equal(local({ name: '平江', name_en: 'Pingjiang' }, 'name', 'en'), 'Pingjiang');
  assert.equal(local({ title_zh: '', title_en: 'Shop' }, 'title', 'zh'), 'Shop');
});

test('cells that would run as formulas are text', () => {
  for (const bad of ['=1+1', '+1', '-1', '@x', '\t=1', ' =1', '＝1', '\u200b=1', '\r=1']) {
    assert.match(csvCell(bad), /^"?'/, JSON.stringify(bad));
  }
  assert.equal(csvCell(-1), '-1');
  assert.equal(csvCell('a,"b"\nc'), '"a,""b""\nc"');
  assert.equal(csvCell(null), '');
  assert.equal(csv([['社区', 1]]), '\uFEFF社区,1\r\n');
});

test('the table holds the rows shown, in their order, and no count under ten', () => {
  const services = [service('clinic', { title_zh: '站' }), service('day', { determined: false, title_zh: '照' })];
  /** @param {string} id @param {number} lost */
  const row = (id, lost) =>
    community(id, {
      name: `=${id}`,
      subdistrict: '街',
      population: 300,
      pop_60plus: 100,
      gap: { rank: 1, index: 20 },
      services: { clinic: cell(100, [lost], { mean_min: 3, p90_min: null }) },
    });
  const sheet = {
    communities: [row('a', SUPPRESSED), row('b', 40)],
    services,
    minutes: 15,
    cutoff: 0,
    fewest: 10,
    note: '含合成数据',
    say,
    /** @param {object} item */
    title: (item) => local(item, 'title', 'zh'),
    shown: [{ label: '缺口指数', of: () => '20' }],
  };
  const [head, first, second] = listRows(sheet, [1, 0]);
  assert.equal(head.length, first.length);
  assert.equal(first[1], 'b');
  assert.equal(first[head.indexOf('站未覆盖60岁以上_15分钟')], 40);
  assert.equal(second[head.indexOf('站未覆盖60岁以上_15分钟')], '不足10人');
  assert.equal(second.at(-1), '含合成数据');
  assert.ok(!head.some((title) => String(title).startsWith('照')));
});

test('an address brings back only what is on offer', () => {
  const allowed = { measure: ['index', 'share'], cutoff: ['0', '1'], community: ['c&=1'] };
  const shown = state({ measure: 'share', service: '', cutoff: 1, community: 'c&=1' });
  assert.deepEqual(fromHash(toHash(shown), allowed), { measure: 'share', cutoff: 1, community: 'c&=1' });
  assert.deepEqual(fromHash('#m=__proto__&c=%E0%A4%A&x=1', allowed), {});
});

test('listeners hear what has changed, and only then', () => {
  /** @type {string[][]} */
  const heard = [];
  const kept = store({ a: 1, b: 2 });
  kept.watch((_, changed) => heard.push([...changed]));
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

test('hours are said in Chinese, and nothing but their words changes', () => {
  const spoken = '周一 周二 周三 周四 周五 周六 周日 节假日 学校假期 全天 不开放 不开放 至'.split(' ');
  assert.equal(
    spokenHours('Mo-Fr 08:30-17:30; Sa,Su 09:00-16:00; PH off', spoken),
    '周一至周五 08:30-17:30; 周六,周日 09:00-16:00; 节假日 不开放',
  );
  assert.equal(spokenHours('24/7', spoken), '全天');
  assert.equal(spokenHours('Jan-Mar Th closed "by phone"', spoken), 'Jan-Mar 周四 不开放 "by phone"');
});
