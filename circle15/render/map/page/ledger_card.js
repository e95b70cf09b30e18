/**
 * Sections of a community's card behind its verdicts: the ledger, the walk, how sure, what is missing, its type.
 *
 * @import { Clause, Community, Verdict } from "./content.js"
 * @import { Bare, View } from "./model.js"
 * @import { Say } from "./text.js"
 * @import { Cause, DrawnLink, LedgerRow } from "./verdicts.js"
 *
 * @typedef {object} LedgerActs
 * @property {Set<string>} opened books
 * @property {(key: string, place: number) => void} route
 * @property {(id: string) => void} clause
 * @property {(at: number) => void} facility
 */

import { CAUSE_TONES, ROBUST_TONES, typeTone, verdictTone } from './categories.js';
import { bookTitle, marginText, observedText, requiredText, sourceText, titleOf } from './clauses.js';
import { h, part, target } from './dom.js';
import { isHidden } from './figures.js';
import { either, grouped, local, minutes, tens } from './text.js';
import { NEARLY, normsIn, verdictsIn } from './verdicts.js';

/** @type {readonly Verdict[]} */
const ORDER = Object.freeze(/** @type {Verdict[]} */ (['f', 'p', 'u', 's', 'h']));
/** How verdicts are marked. */
const MARKS = Object.freeze(/** @type {const} */ (['indicative', 'project']));
/** What a link may cross. */
const CROSSED = Object.freeze(['water', 'rail', 'private', 'open']);

/** @param {Verdict} verdict */
const isStriped = (verdict) => verdict === 'u' || verdict === 'h';

/** How a verdict is marked, if it judges. @param {{verdict: Verdict, clause: Clause}} row */
const markOf = ({ verdict, clause }) => ('pf'.includes(verdict) ? clause.mark : '');

/** A coloured dot. @param {string} tone @param {string} [look] */
const dot = (tone, look = '') => h(`i.dot${look}`, { style: { '--tone': tone } });

/**
 * A sign for a verdict, which also tells by its form: hatched where it is marked, striped where undetermined.
 *
 * @param {Verdict} verdict
 * @param {Clause} clause
 * @param {Say} say
 */
export function badge(verdict, clause, say) {
  const mark = markOf({ verdict, clause });
  const look = [mark ? '.marked' : '', isStriped(verdict) ? '.open' : '', verdict === 'f' ? '.dark' : ''].join('');
  return h(
    `span.badge-verdict${look}`,
    { style: { '--tone': verdictTone(verdict) } },
    say(`verdict_${verdict}`),
    mark ? h('small', {}, say(`mark_${mark}`)) : null,
  );
}

/** Minutes and metres of a walk. @param {number} min @param {number} metres @param {Say} say */
export const walkText = (min, metres, say) => say('walk_n', { min: minutes(min), m: grouped(metres) });

/**
 * A button that draws the typical walk to a service.
 *
 * @param {number} place
 * @param {string} service
 * @param {View} view
 * @param {LedgerActs} acts
 */
export function routeButton(place, service, { model, state, say }, acts) {
  const route = model.verdicts?.route(place, service);
  if (!route) return null;
  const pressed = state.route === service;
  const attributes = {
    type: 'button',
    'aria-pressed': String(pressed),
    'data-route': service,
    onclick: () => acts.route(pressed ? '' : service, place),
  };
  const walk = walkText(route.minutes, route.metres, say);
  return h('button.route-button', attributes, `${say(pressed ? 'route_hide' : 'route_show')} · ${walk}`);
}

/**
 * The site and the walk that a verdict rests on.
 *
 * @param {LedgerRow} row
 * @param {number} place
 * @param {View} view
 * @param {LedgerActs} acts
 */
function evidence({ clause, facility, walk }, place, view, acts) {
  const { model, say, state } = view;
  const site = facility >= 0 ? model.facilities[facility] : null;
  if (!site && !walk) return null;
  const button = clause.services?.length === 1 ? routeButton(place, clause.services[0], view, acts) : null;
  /** @param {{id: string}} owner */
  const link = (owner) =>
    h(
      'button.link',
      { type: 'button', onclick: () => acts.facility(facility) },
      local(owner, 'name', state.language) || owner.id,
    );
  return h(
    'p.evidence',
    {},
    say('evidence'),
    site ? link(site) : null,
    walk ? (button ?? h('span', {}, walkText(walk[0], walk[1], say))) : null,
  );
}

/** What was observed, required, and by how much. @param {LedgerRow} row @param {View} view */
function clauseFigures(row, view) {
  const { say } = view;
  const [observed, required] = [observedText(row, view), requiredText(row.clause, say)];
  const texts = [
    observed ? say('observed_n', { n: observed }) : '',
    required ? say('required_n', { n: required }) : '',
    row.numbers ? say('numbers_n', { n: row.numbers }) : '',
    marginText(row, view),
  ].filter(Boolean);
  return texts.length ? h('p.clause-figures', {}, ...texts.map((text) => h('span', {}, text))) : null;
}

/**
 * One clause of the ledger.
 *
 * @param {LedgerRow} row
 * @param {number} place
 * @param {View} view
 * @param {LedgerActs} acts
 */
function clauseRow(row, place, view, acts) {
  const { say, state } = view;
  const { clause, verdict, lacks } = row;
  const chosen = state.measure === 'norm' && state.clause === clause.id;
  const note = local(clause, 'note', state.language);
  const act = { type: 'button', onclick: () => acts.clause(clause.id), title: say('clause_on_map') };
  const title = h('button.clause-title', act, titleOf(clause, state.language));
  return h(
    `li.clause${chosen ? '.chosen' : ''}`,
    { 'data-clause': clause.id },
    h('div.clause-head', {}, title, badge(verdict, clause, say)),
    clauseFigures(row, view),
    verdict === 'h' ? h('p.fine', {}, say('verdict_withheld')) : null,
    lacks ? h('p.fine', {}, say('lacks_n', { text: either(...lacks, state.language) })) : null,
    evidence(row, place, view, acts),
    h('p.fine', {}, sourceText(clause, view)),
    note ? h('p.fine', {}, note) : null,
  );
}

/**
 * How many verdicts of each kind.
 *
 * @param {{verdict: Verdict}[]} rows
 * @param {Say} say
 */
export const counted = (rows, say) =>
  ORDER.map((verdict) => {
    const n = rows.filter((row) => row.verdict === verdict).length;
    if (!n) return null;
    return h(
      'span',
      {},
      dot(verdictTone(verdict), isStriped(verdict) ? '.open' : ''),
      `${say(`verdict_${verdict}`)} ${n}`,
    );
  });

/**
 * How many verdicts of each kind, and how many of the marked ones pass and fail.
 *
 * @param {{verdict: Verdict, clause: Clause}[]} rows
 * @param {Say} say
 */
function tally(rows, say) {
  const marked = MARKS.map((mark) => {
    const mine = rows.filter((row) => markOf(row) === mark);
    const passed = mine.filter(({ verdict }) => verdict === 'p').length;
    const told = say('of_them', { mark: say(`mark_${mark}`), passed, failed: mine.length - passed });
    return mine.length ? h('span', {}, dot(verdictTone('p'), '.marked'), told) : null;
  });
  return [...counted(rows, say), ...marked];
}

/** The gravest verdict first. @param {LedgerRow} a @param {LedgerRow} b */
const byGravity = (a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || a.at - b.at;

/**
 * The ledger of a community: book after book, each opened when asked for.
 *
 * @param {number} place
 * @param {View} view
 * @param {LedgerActs} acts
 */
export function ledgerSection(place, view, acts) {
  const { model, say, state } = view;
  const rows = model.verdicts?.ledgerOf(place) ?? [];
  if (!rows.length) return [];
  const chosen = state.measure === 'norm' ? rows.find((row) => row.clause.id === state.clause)?.clause.book : undefined;
  const books = normsIn(model).books.map((book, at) => {
    const inside = rows.filter((row) => row.clause.book === at).sort(byGravity);
    if (!inside.length) return null;
    const [key] = book;
    const attributes = {
      open: acts.opened.has(key) || at === chosen,
      'data-book': key,
      ontoggle: (/** @type {Event} */ event) => acts.opened[target(event).hasAttribute('open') ? 'add' : 'delete'](key),
    };
    return h(
      'details.book',
      attributes,
      h('summary', {}, h('b', {}, bookTitle(book, state.language)), h('span.tally', {}, ...tally(inside, say))),
      h('ul.clauses', {}, ...inside.map((row) => clauseRow(row, place, view, acts))),
    );
  });
  const head = h('h3.ledger-head', { tabindex: -1 }, say('ledger'));
  return [head, h('p.tally.whole', {}, ...tally(rows, say)), ...books];
}

/** Whole percent, or what stands for it. @param {number} share @param {Say} say */
function bound(share, say) {
  if (share === NEARLY.NONE) return say('bound_none');
  return share === NEARLY.ALL ? say('bound_all') : `${share}%`;
}

/**
 * The remedy in words, made of public numbers only.
 *
 * @param {Cause} cause
 * @param {Pick<Community, "services">} community
 * @param {string} service
 * @param {Bare} view
 */
export function remedyText(cause, community, service, { say, model }) {
  const cell = community.services[service];
  const lost = cell?.uncovered?.[model.cutoffs.length - 1];
  if (lost === undefined) return '';
  const link = verdictsIn(model).links[cause.linkAt];
  /** @param {number} count */
  const n = (count) => tens(count, say);
  /** @param {number} count */
  const left = (count) => (count === 0 ? say('left_none') : say('left_some', { n: n(count) }));
  const remedy = say(`remedy_${cause.cause}`, {
    people: n(lost),
    gates: left(cause.gates),
    link: left(cause.link),
    direct: left(cause.direct),
    straight: left(cause.straight),
    m: link ? grouped(link.m) : '–',
  });
  return link && cause.cause === 'link' ? `${remedy}${crossText(link, say)}` : remedy;
}

/** What a link crosses. @param {Pick<DrawnLink, "crosses">} link @param {Say} say */
export function crossText({ crosses }, say) {
  const words = crosses.split('+').filter((word) => CROSSED.includes(word));
  if (!words.length) return '';
  return say('link_crosses', { text: words.map((word) => say(`cross_${word}`)).join(say('comma')) });
}

/** How sure a gap is. @param {number} place @param {string} service @param {Bare} view */
function oddsLine(place, service, { model, say }) {
  const { robust, draws } = verdictsIn(model);
  const odds = robust(place, service);
  if (!odds || odds.below === null) return null;
  const { verdict, below, low, high, required } = odds;
  const share =
    low === null || high === null ? '' : say('share_range', { low: bound(low, say), high: bound(high, say) });
  return h(
    'p.detail.sure',
    {},
    dot(ROBUST_TONES[verdict]),
    h('b', {}, say(verdict)),
    h('span', {}, say('below_n', { n: below, draws, required: required ?? '–' })),
    share ? h('span', {}, share) : null,
  );
}

/** What is missing. @param {number} place @param {string} service @param {Bare} view */
function causeLine(place, service, view) {
  const { model, say } = view;
  const cause = verdictsIn(model).cause(place, service);
  const text = cause ? remedyText(cause, model.communities[place], service, view) : '';
  if (!cause || !text) return null;
  const title = h('b', {}, say(`cause_${cause.cause}`));
  return h('p.detail.cause', {}, dot(CAUSE_TONES[cause.cause]), title, h('span', {}, text));
}

/**
 * Lines under a service of a card: how sure the gap is, what is missing, the walk.
 *
 * @param {number} place
 * @param {string} service
 * @param {View} view
 * @param {LedgerActs} acts
 */
export function behindService(place, service, view, acts) {
  if (!view.model.verdicts) return [];
  const button = routeButton(place, service, view, acts);
  return [oddsLine(place, service, view), causeLine(place, service, view), button ? h('p.detail', {}, button) : null];
}

/** The type of a community. @param {number} place @param {Bare} view */
function typeLine(place, { model, say, state }) {
  const { types } = verdictsIn(model);
  const at = types?.of[place] ?? -1;
  if (!types || at < 0) return null;
  const own = types.types[at];
  const outlier = types.outliers.includes(place) ? ` · ${say('type_outlier')}` : '';
  return h('span', {}, dot(typeTone(at)), `${own.id} ${own[state.language]}`, outlier);
}

/** A way down to the ledger, with how many verdicts there are. @param {LedgerRow[]} rows @param {Say} say */
function ledgerLink(rows, say) {
  /** @param {Event} event */
  const onclick = (event) => {
    const card = target(event).closest('.card');
    const head = card ? part(card, '.ledger-head') : null;
    head?.scrollIntoView({ block: 'start' });
    head?.focus({ preventScroll: true });
  };
  return h('button.tally.down', { type: 'button', onclick, 'data-act': 'ledger' }, ...tally(rows, say));
}

/** Rank interval, type and stability of a community, as lines. @param {number} place @param {View} view */
export function standing(place, view) {
  const { model, say } = view;
  const { verdicts } = model;
  if (!verdicts || isHidden(model.communities[place])) return null;
  const ranks = verdicts.ranks(place);
  const stable = verdicts.stability?.rows[place];
  const rows = verdicts.ledgerOf(place);
  /** @type {[string, string | HTMLElement | null | undefined][]} */
  const lines = [
    ['ledger', rows.length ? ledgerLink(rows, say) : null],
    [
      'rank_interval',
      ranks && say('rank_interval_n', { low: ranks.low ?? '–', high: ranks.high ?? '–', gaps: ranks.gaps ?? 0 }),
    ],
    [
      'rank_stable',
      stable && say('rank_stable_n', { low: stable[2] ?? '–', high: stable[3] ?? '–', top: stable[4] ?? 0 }),
    ],
    ['type', typeLine(place, view)],
  ];
  const shown = lines.filter(([, content]) => content);
  if (!shown.length) return null;
  return h(
    'dl.lines.standing',
    {},
    ...shown.flatMap(([key, content]) => [h('dt', {}, say(key)), h('dd', {}, content)]),
  );
}
