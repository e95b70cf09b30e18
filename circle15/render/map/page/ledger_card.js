'use strict';
/** Sections of a community's card behind its verdicts: the ledger, the walk, how sure, what is missing, its type. */
import { h } from "./dom.js";
import { SUPPRESSED, grouped, local, minutes, people, tens } from "./text.js";
import { marginText, observedText, requiredText, sourceText, titleOf } from "./clauses.js";
import { NEARLY } from "./verdicts.js";
import { CAUSE_TONES, ROBUST_TONES, TYPE_TONES, VERDICT_TONES } from "./categories.js";

const ORDER = Object.freeze(['f', 'p', 'u', 's', 'h']);
const STRIPED = new Set(['u', 'h']);

/** A sign for a verdict, which also tells by its form: hatched where indicative, striped where undetermined. */
export function badge(verdict, clause, say) {
  const indicative = !clause.verified && 'pf'.includes(verdict);
  return h(`span.badge-verdict${indicative ? '.indicative' : ''}${STRIPED.has(verdict) ? '.open' : ''}${verdict === 'f' ? '.dark' : ''}`, { style: { '--tone': VERDICT_TONES[verdict] ?? '#efece6' } },
    say(`verdict_${verdict}`), indicative ? h('small', {}, say('indicative')) : null);
}

/** Minutes and metres of a walk. */
export const walkText = (min, metres, say) => say('walk_n', { min: minutes(min), m: grouped(metres) });

/** A button that draws the typical walk to a service. */
export function routeButton(place, service, view, acts) {
  const { model, state, say } = view;
  const route = model.verdicts?.route(place, service);
  if (!route) return null;
  const on = state.route === service;
  return h('button.route-button', { type: 'button', 'aria-pressed': String(on), 'data-route': service, onclick: () => acts.route(on ? '' : service, place) },
    `${say(on ? 'route_hide' : 'route_show')} · ${walkText(route.minutes, route.metres, say)}`);
}

/** One clause of the ledger. */
function clauseRow(row, place, view, acts) {
  const { model, say, state } = view;
  const { clause } = row;
  const required = requiredText(clause, say);
  const margin = marginText(row, view);
  const site = row.facility >= 0 ? model.facilities[row.facility] : null;
  const [service] = clause.services?.length === 1 ? clause.services : [''];
  const button = service ? routeButton(place, service, view, acts) : null;
  const numbers = [
    row.observed === null ? null : say('observed_n', { n: observedText(row, view) }),
    required ? say('required_n', { n: required }) : null, margin,
  ].filter(Boolean);
  const note = local(clause, 'note', state.language);
  return h(`li.clause${state.measure === 'norm' && state.clause === clause.id ? '.chosen' : ''}`, { 'data-clause': clause.id },
    h('div.clause-head', {}, h('button.clause-title', { type: 'button', onclick: () => acts.clause(clause.id), title: say('clause_on_map') }, titleOf(clause, state.language)), badge(row.verdict, clause, say)),
    numbers.length ? h('p.clause-figures', {}, ...numbers.map((text) => h('span', {}, text))) : null,
    row.verdict === 'h' ? h('p.fine', {}, say('verdict_withheld')) : null,
    row.lacks ? h('p.fine', {}, say('lacks_n', { text: row.lacks[state.language === 'en' ? 1 : 0] })) : null,
    site || row.walk ? h('p.evidence', {}, say('evidence'), site ? h('button.link', { type: 'button', onclick: () => acts.facility(row.facility) }, local(site, 'name', state.language) || site.id) : null,
      row.walk && !button ? h('span', {}, walkText(row.walk[0], row.walk[1], say)) : null, row.walk ? button : null) : null,
    h('p.fine', {}, sourceText(clause, view)),
    note ? h('p.fine', {}, note) : null);
}

/** How many verdicts of each kind, indicative ones apart. */
export function tally(rows, say) {
  const counts = ORDER.map((verdict) => [verdict, rows.filter((row) => row.verdict === verdict && (row.clause.verified || !'pf'.includes(verdict))).length]);
  const indicative = rows.filter((row) => !row.clause.verified && 'pf'.includes(row.verdict)).length;
  return [...counts.filter(([, n]) => n).map(([verdict, n]) => h('span', {}, h(`i.dot${STRIPED.has(verdict) ? '.open' : ''}`, { style: { '--tone': VERDICT_TONES[verdict] ?? '#efece6' } }), `${say(`verdict_${verdict}`)} ${n}`)),
    indicative ? h('span', {}, h('i.dot.indicative', { style: { '--tone': VERDICT_TONES.p } }), `${say('indicative')} ${indicative}`) : null];
}

/** The ledger of a community: book after book, each opened when asked for. */
export function ledgerSection(place, view, acts) {
  const { model, say, state } = view;
  const rows = model.verdicts?.ledgerOf(place) ?? [];
  if (!rows.length) return [];
  const { books } = model.verdicts.norms;
  const order = (row) => ORDER.indexOf(row.verdict);
  const own = books.map((_, book) => rows.filter((row) => row.clause.book === book).sort((a, b) => order(a) - order(b) || a.at - b.at));
  const chosen = state.measure === 'norm' ? rows.find((row) => row.clause.id === state.clause)?.clause.book : undefined;
  const items = books.map(([key, zh, en], book) => (own[book].length
    ? h('details.book', { open: acts.opened.has(key) || book === chosen, 'data-book': key, ontoggle: (event) => acts.opened[event.target.open ? 'add' : 'delete'](key) },
      h('summary', {}, h('b', {}, state.language === 'en' ? en : zh), h('span.tally', {}, ...tally(own[book], say))),
      h('ul.clauses', {}, ...own[book].map((row) => clauseRow(row, place, view, acts))))
    : null));
  return [h('h3.ledger-head', { tabindex: -1 }, say('ledger')), h('p.tally.whole', {}, ...tally(rows, say)), ...items];
}

/** Whole percent, or what stands for it. */
const bound = (value, say) => (value === NEARLY.NONE ? say('bound_none') : value === NEARLY.ALL ? say('bound_all') : value === null ? '–' : `${value}%`);

/** The remedy in words, made of public numbers only. */
export function remedyText(found, community, service, view) {
  const { say, model } = view;
  const cell = community.services[service];
  const last = model.cutoffs.length - 1;
  const lost = cell?.uncovered?.[last];
  if (lost === undefined) return '';
  const link = model.verdicts.links[found.linkAt];
  // Tens may lie above the number itself: never more people are left than there were.
  const n = (count) => tens(lost > 0 ? Math.min(count, lost) : count, say);
  const serves = say(`remedy_${found.cause}`, {
    people: lost === SUPPRESSED ? n(lost) : people(lost, cell.rough, say), gates: n(found.gates), link: n(found.link), direct: n(found.direct), straight: n(found.straight), m: link ? grouped(link.m) : '–',
  });
  return link && found.cause === 'link' ? `${serves}${crossText(link, say)}` : serves;
}

/** What a link crosses. */
export function crossText(link, say) {
  const known = link.crosses.split('+').filter((word) => ['water', 'rail', 'private', 'open', 'road', 'wall'].includes(word));
  return known.length ? say('link_crosses', { text: known.map((word) => say(`cross_${word}`)).join(say('comma')) }) : '';
}

/** Lines under a service of a card: how sure the gap is, what is missing, the walk. */
export function behindService(place, service, view, acts) {
  const { model, say } = view;
  if (!model.verdicts) return [];
  const community = model.communities[place];
  const sure = model.verdicts.robust(place, service);
  const cause = model.verdicts.cause(place, service);
  const text = cause ? remedyText(cause, community, service, view) : '';
  const odds = sure && sure.below !== null ? [
    h('b', {}, say(sure.verdict)), say('below_n', { n: sure.below, draws: model.verdicts.draws, required: sure.required }),
    sure.low === null || sure.high === null ? null : say('share_range', { low: bound(sure.low, say), high: bound(sure.high, say) }),
  ] : [];
  const button = routeButton(place, service, view, acts);
  return [
    odds.length ? h('p.detail.sure', {}, h('i.dot', { style: { '--tone': ROBUST_TONES[sure.verdict] } }), ...odds.filter(Boolean).map((one) => (typeof one === 'string' ? h('span', {}, one) : one))) : null,
    text ? h('p.detail.cause', {}, h('i.dot', { style: { '--tone': CAUSE_TONES[cause.cause] } }), h('b', {}, say(`cause_${cause.cause}`)), h('span', {}, text)) : null,
    button ? h('p.detail', {}, button) : null,
  ];
}

/** Rank interval, type and stability of a community, as lines. */
export function standing(place, view) {
  const { model, say, state } = view;
  const { verdicts } = model;
  if (!verdicts || model.communities[place].pop_60plus === SUPPRESSED) return null;
  const ranks = verdicts.ranks(place);
  const type = verdicts.types && verdicts.types.of[place] >= 0 ? verdicts.types.types[verdicts.types.of[place]] : null;
  const stable = verdicts.stability?.rows[place];
  const rows = verdicts.ledgerOf(place);
  const down = (event) => { const head = event.target.closest('.card').querySelector('.ledger-head'); head.scrollIntoView({ block: 'start' }); head.focus({ preventScroll: true }); };
  const lines = [
    rows.length ? ['ledger', h('button.tally.down', { type: 'button', onclick: down, 'data-act': 'ledger' }, ...tally(rows, say))] : null,
    ranks ? ['rank_interval', say('rank_interval_n', { low: ranks.low ?? '–', high: ranks.high ?? '–', gaps: ranks.gaps ?? 0 })] : null,
    stable ? ['rank_stable', say('rank_stable_n', { low: stable[2] ?? '–', high: stable[3] ?? '–', top: stable[4] ?? 0 })] : null,
    type ? ['type', h('span', {}, h('i.dot', { style: { '--tone': TYPE_TONES[verdicts.types.of[place] % TYPE_TONES.length] } }), `${type.id} ${type[state.language]}`, verdicts.types.outliers.includes(place) ? ` · ${say('type_outlier')}` : '')] : null,
  ].filter(Boolean);
  return lines.length ? h('dl.lines.standing', {}, ...lines.flatMap(([key, text]) => [h('dt', {}, say(key)), h('dd', {}, text)])) : null;
}
