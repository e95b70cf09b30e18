/**
 * Drawers of what was read and how it was computed.
 *
 * @import { Content, FileRecord, Finding } from "./content.js"
 * @import { Child } from "./dom.js"
 * @import { Bare, View } from "./model.js"
 */
import { h, parts, target } from './dom.js';
import { dotted, grouped, inSeries, local } from './text.js';

const SEVERITIES = Object.freeze(['error', 'warning', 'note']);

/** @param {Finding} finding */
const severityOf = ({ severity }) => (SEVERITIES.includes(severity) ? severity : 'note');

/** Leads from a file to what was found in it. @param {string} file @returns {(event: Event) => void} */
const show = (file) => (event) => {
  const drawer = target(event).closest('.drawer-body');
  const inFile = drawer ? parts(drawer, '.finding').filter((item) => item.dataset.file === file) : [];
  for (const item of inFile) {
    item.classList.remove('called');
    item.getBoundingClientRect(); // laid out without it, the mark is shown anew
    item.classList.add('called');
  }
  inFile[0]?.scrollIntoView({ block: 'start', behavior: 'smooth' });
};

/**
 * One file: rows read and used, why others were not, and the way to what was found in it.
 *
 * @param {FileRecord} file
 * @param {View} view
 */
function fileItem(file, { say, model, state }) {
  const lost = file.read - file.used;
  const { personal, unknown } = file.columns;
  const notes = dotted([
    local(file, 'form', state.language),
    unknown ? say('file_unknown', { n: unknown }) : '',
    personal ? say('file_personal', { n: personal }) : '',
  ]);
  const count = model.content.findings.filter((finding) => finding.file === file.file).length;
  const reasons = file.lost.map((reason) =>
    h('li', {}, h('b', {}, grouped(reason.rows)), local(reason, 'why', state.language)),
  );
  const numbers = { read: grouped(file.read), used: grouped(file.used), lost: grouped(lost) };
  const link = { type: 'button', onclick: show(file.file), 'data-file': file.file };
  return h(
    'li.file',
    {},
    h('p.file-head', {}, h('b', {}, file.file), h('span.tag.plain', {}, local(file, 'role', state.language))),
    h('p.file-rows', {}, say(lost ? 'file_rows_lost' : 'file_rows', numbers)),
    lost ? h('ul.reasons', {}, ...reasons) : null,
    notes ? h('p.fine', {}, notes) : null,
    count ? h('button.link', link, say('file_findings', { n: count })) : null,
  );
}

/** Files that were read. @param {View} view */
function fileList(view) {
  const { say, model } = view;
  const files = model.content.files ?? [];
  if (!files.length) return [];
  const items = files.map((file) => fileItem(file, view));
  return [h('h3', {}, say('files')), h('ul.file-list', {}, ...items), h('h3', {}, say('findings_head'))];
}

/**
 * Where a finding stands: file, row, column, a value that its message does not quote, and a few examples.
 *
 * @param {Finding} finding
 * @param {Bare} view
 */
function placeOf(finding, { say, state }) {
  const numbers = finding.examples.map((example) => /^row (\d+)$/.exec(example)?.[1] ?? '');
  const inRows = numbers.length > 0 && numbers.every(Boolean);
  const phrase = numbers.length > 1 ? 'finding_rows' : 'finding_row';
  const said = finding.examples.map((example) => example.replace(/^row (\d+):/, (_, n) => say('finding_row', { n })));
  const examples = inRows ? [say(phrase, { n: inSeries(numbers, state.language) })] : said;
  const message = local(finding, 'message', state.language);
  const quoted = finding.value.split(', ').every((part) => message.includes(part));
  const value = /[\p{L}\p{N}]/u.test(finding.value) && !quoted ? finding.value : '';
  const listed = finding.row === null || numbers.includes(String(finding.row));
  const row = listed ? '' : say('finding_row', { n: finding.row ?? '' });
  return dotted([finding.file, row, finding.column, value, ...examples]);
}

/** @param {Finding} finding @param {Bare} view */
function findingItem(finding, view) {
  const { say, state } = view;
  const place = placeOf(finding, view);
  const remedy = local(finding, 'remedy', state.language);
  const times = finding.count > 1 ? ` × ${grouped(finding.count)}` : '';
  return h(
    `li.finding.${severityOf(finding)}`,
    { 'data-file': finding.file },
    h('b', {}, say(`severity_${finding.severity}`), times),
    h('p', {}, local(finding, 'message', state.language)),
    place ? h('p.fine', {}, place) : null,
    remedy ? h('p.fine', {}, say('remedy', { text: remedy })) : null,
  );
}

/** What was read, and what was found in it; errors first. @param {View} view @returns {Child[]} */
export function findingsDrawer(view) {
  const { say, model } = view;
  const findings = SEVERITIES.flatMap((severity) =>
    model.content.findings.filter((finding) => severityOf(finding) === severity),
  );
  if (!findings.length) return [...fileList(view), h('p', {}, say('findings_none'))];
  const list = h('ul.findings', {}, ...findings.map((finding) => findingItem(finding, view)));
  return [h('p.muted', {}, say('findings_intro')), ...fileList(view), list];
}

/** Numbers that the method speaks of. @param {View} view @param {string} made how people were placed */
function methodValues({ model, state }, made) {
  const { profile, network, open_at } = model.content;
  return {
    profile: local(profile, 'title', state.language),
    speed: profile.speed_mmps / 1000,
    stairs: profile.stairs_mmps / 1000,
    signal: (2 * profile.half_signal_ms) / 1000,
    cutoffs: model.cutoffs.join(' / '),
    made,
    nodes: grouped(network.nodes),
    edges: grouped(network.edges),
    km: network.km,
    moment: open_at?.[state.language] ?? '',
  };
}

/** Where the layers come from. @param {Content} content @param {View} view */
function sourceItems({ origins }, { say, state }) {
  return origins.map((origin) =>
    h(
      'li',
      {},
      h('b', {}, local(origin, 'label', state.language)),
      origin.synthetic ? h('span.tag', {}, say('source_synthetic')) : null,
      h('p.fine', {}, dotted([origin.attribution, origin.licence, origin.date])),
    ),
  );
}

/** Method, privacy, network and sources. @param {View} view @returns {Child[]} */
export function methodDrawer(view) {
  const { say, model, state } = view;
  const { content } = model;
  const methods = Object.entries(content.methods).map(([key, n]) => say(`method_${key}`, { n: grouped(n) }));
  const made = inSeries(methods, state.language);
  const delivers = model.facilities.some((facility) => (facility.delivery_radius_m ?? 0) > 0);
  const keys = [
    ...['truth', 'cutoff', 'profile'],
    ...(content.open_at ? ['open_at'] : []),
    ...['index', 'undetermined'],
    ...(delivers ? ['delivery'] : []),
    ...['privacy', 'network'],
    ...(made ? ['demand'] : []),
  ];
  const values = methodValues(view, made);
  return [
    h('ul.points', {}, ...keys.map((key) => h('li', {}, say(`method_${key}`, values)))),
    h('h3', {}, say('sources')),
    h('ul.sources', {}, ...sourceItems(content, view)),
  ];
}
