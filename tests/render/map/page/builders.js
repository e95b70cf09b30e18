/**
 * Small values of the page's types for its tests.
 *
 * @import { Cell, Community, Content, Service } from "../../../../circle15/render/map/page/content.js"
 * @import { State } from "../../../../circle15/render/map/page/state.js"
 * @import { Bytes } from "../../../../circle15/render/map/page/bytes.js"
 */
import { readFileSync } from 'node:fs';
import { modelOf } from '../../../../circle15/render/map/page/model.js';
import { speaker } from '../../../../circle15/render/map/page/text.js';

/** Where the page's modules stand. */
export const PAGE = new URL('../../../../circle15/render/map/page/', import.meta.url);

/** A phrase that other outputs say too, of the catalogue. @param {string} key */
function shared(key) {
  const catalogue = readFileSync(new URL('../../../catalog/text.toml', PAGE), 'utf8');
  const entry = catalogue.match(new RegExp(`^\\[${key}\\]\\nzh = (".*")\\nen = (".*")$`, 'm'));
  if (!entry) throw new Error(`text.toml has no ${key}`);
  return { zh: JSON.parse(entry[1]), en: JSON.parse(entry[2]) };
}

/** @type {import("../../../../circle15/render/map/page/content.js").Words} */
export const words = Object.fromEntries(
  Object.entries(JSON.parse(readFileSync(new URL('words.json', PAGE), 'utf8').replaceAll('{fewest}', '10'))).map(
    ([key, entry]) => [key, typeof entry === 'string' ? shared(entry) : entry],
  ),
);
export const [zh, en] = [speaker(words, 'zh'), speaker(words, 'en')];

/** Bytes that hold these sections. @param {Record<string, number[]>} sections @returns {Bytes} */
export const bytesOf = (sections) => ({
  has: (name) => name in sections,
  read: (name) => Int32Array.from(sections[name]),
});

/** @param {number} placed @param {number[] | null} uncovered @param {Partial<Cell>} [others] @returns {Cell} */
export const cell = (placed, uncovered, others = {}) => ({
  placed,
  uncovered,
  mean_min: 4,
  p90_min: 9,
  ...others,
});

/** @param {string} id @param {Partial<Community>} [others] @returns {Community} */
export const community = (id, others = {}) => ({
  id,
  name: id,
  name_en: '',
  subdistrict: '',
  subdistrict_en: '',
  community_type: '',
  community_type_en: '',
  outline: '',
  people_basis: '',
  anchor: [120, 31],
  population: 900,
  pop_60plus: 200,
  placed: '',
  more: {},
  gap: { index: 0, rank: 1 },
  services: {},
  ...others,
});

/** @param {string} key @param {Partial<Service>} [others] @returns {Service} */
export const service = (key, others = {}) => ({
  key,
  title_zh: key,
  title_en: key,
  glyph: key[0],
  tone: '#000000',
  determined: true,
  ...others,
});

/** @param {Partial<Content>} [others] @returns {Content} */
export const content = (others = {}) => ({
  format: 2,
  fewest: 10,
  grid: { lon0: 120, lat0: 31, steps_per_degree: 250000 },
  city: { key: 'town', title_zh: '小城', title_en: 'Small town', review_number: '', synthetic: true },
  profile: {
    title_zh: '老年人',
    title_en: 'Elderly',
    speed_mmps: 900,
    stairs_mmps: 310,
    half_signal_ms: 10000,
    half_gate_ms: 0,
  },
  cutoffs_ms: [300000, 600000, 900000],
  max_snap_m: 100,
  open_at: null,
  services: [],
  way_classes: [],
  street_names: [''],
  communities: [],
  facilities: [],
  totals: { pop_60plus: 0, uncovered: {}, placed: {} },
  methods: {},
  bounds: [120, 31, 121, 32],
  findings: [],
  origins: [],
  network: { nodes: 0, edges: 0, km: 0 },
  verdicts: null,
  binary: { encoding: 'base64', bytes: 0, text: '', sections: {} },
  tiles: null,
  words,
  ...others,
});

const NETWORK = ['node.x', 'node.y', 'edge.u', 'edge.v', 'edge.bends', 'edge.class', 'edge.flags', 'edge.name'];
const SHAPES = ['community', 'reach', 'merged'].flatMap((name) =>
  ['parts', 'rings', 'points', 'x', 'y'].map((part) => `${name}.${part}`),
);

/** A model without streets, whose communities have no outline. @param {Partial<Content>} [others] */
export function model(others = {}) {
  const made = content(others);
  const empty = Object.fromEntries([...NETWORK, 'bend.x', 'bend.y', ...SHAPES].map((name) => [name, []]));
  return modelOf(made, bytesOf({ ...empty, 'community.parts': made.communities.map(() => 0) }));
}

/** @param {Partial<State>} [others] @returns {State} */
export const state = (others = {}) => ({
  language: 'en',
  measure: 'index',
  service: 'all',
  cutoff: 0,
  community: '',
  facility: '',
  query: '',
  sort: 'value',
  sites: true,
  merged: false,
  areas: true,
  names: true,
  clause: '',
  route: '',
  checks: false,
  check: -1,
  changes: false,
  change: -1,
  when: '',
  marks: false,
  mark: -1,
  ...others,
});
