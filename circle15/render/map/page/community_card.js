/**
 * The card of a community, with every service.
 *
 * @import { Cell, Community, FurtherGroup, Need, Service } from "./content.js"
 * @import { LedgerActs } from "./ledger_card.js"
 * @import { Bare, Model, View } from "./model.js"
 * @import { Child } from "./dom.js"
 *
 * @typedef {LedgerActs & {back: () => void, service: (key: string) => void}} CommunityActs
 */
import { h } from './dom.js';
import { drawn, isHidden, isUnknown, shareOf } from './figures.js';
import { behindService, ledgerSection, standing } from './ledger_card.js';
import { countOf } from './model.js';
import { about, dotted, grouped, inSeries, local, openThen, people, percent, SUPPRESSED, tens } from './text.js';

/** Opacity by cut-off, the nearest darkest. */
const FADE = Object.freeze([1, 0.62, 0.34, 0.22]);

/** @type {readonly Need[]} */
const NEEDS = Object.freeze(['elders_empty_nest', 'elders_alone', 'elders_disabled', 'elders_low_income']);

/** @type {readonly FurtherGroup[]} */
const GROUPS = Object.freeze([
  'households',
  'population_registered',
  'pop_65plus',
  'pop_80plus',
  ...NEEDS,
  'circle_cut',
  'circle_cut_60plus',
]);

/** @param {number} cutoff */
const faded = (cutoff) => FADE[Math.min(cutoff, FADE.length - 1)];

/** A bar with the covered share at every cut-off. @param {Cell} cell @param {Bare} view */
function bar(cell, { model, say }) {
  /** @type {number[]} */
  const shares = [];
  for (const cutoff of model.cutoffs.keys()) {
    const share = shareOf(cell, cutoff, model.fewest);
    if (share === null) return h('div.bar.none');
    shares.push(share);
  }
  const pieces = shares.map((share, k) => {
    const width = `${(100 * (share - (k ? shares[k - 1] : 0))).toFixed(2)}%`;
    return h('i', { style: { width, opacity: faded(k) } });
  });
  const label = shares.map((share, k) => `${say('within', { n: model.cutoffs[k] })} ${percent(share)}`).join(', ');
  return h('div.bar', { role: 'img', 'aria-label': label }, ...pieces);
}

/**
 * A service without a figure, and why.
 *
 * @param {Service} service
 * @param {Cell | undefined} cell
 * @param {Bare} view
 * @returns {Child[]}
 */
function unknownService({ determined }, cell, { say }) {
  const why = determined ? say(cell ? 'nobody_placed' : 'no_value') : say('undetermined_why');
  const sign = determined ? '–' : say('undetermined');
  return [h('span.share.muted', {}, sign), h('div.bar.none'), h('p.detail', {}, why)];
}

/**
 * Facilities to choose from within the circle, on average.
 *
 * @param {number | null | undefined} choices
 * @param {View} view
 */
function choicesText(choices, { say, model }) {
  if (choices === null || choices === undefined) return '';
  if (choices < 0.05) return say('choices_none', { n: model.cutoffs[model.cutoffs.length - 1] });
  return say('choices', { n: grouped(choices) });
}

/**
 * Older people of some need who go without a service, as an estimate; nothing where nobody does.
 *
 * @param {Cell} cell
 * @param {number} cutoff
 * @param {Bare} view
 */
function needsText({ needs = {} }, cutoff, { say, state }) {
  const lines = NEEDS.flatMap((key) => {
    const count = needs[key]?.[cutoff];
    return count ? [say('need_n', { need: say(key), people: tens(count, say) })] : [];
  });
  return lines.length ? say('needs_without', { needs: inSeries(lines, state.language) }) : '';
}

const SEATED = Object.freeze(['seats_served', 'seats_full', 'seats_out', 'seats_unknown']);

/** Who comes on an average day and finds a seat, or does not. @param {Cell} cell @param {Bare} view */
function seatsText({ seats }, { say, state }) {
  if (!seats?.[0]) return '';
  const [demand, ...groups] = seats;
  const parts = SEATED.flatMap((key, place) => (groups[place] ? [say(key, { people: tens(groups[place], say) })] : []));
  return say('seats_come', { people: tens(demand, say), parts: inSeries(parts, state.language) });
}

/**
 * A service with its share, minutes and choices.
 *
 * @param {Cell} cell
 * @param {number} lost people
 * @param {number} cutoff
 * @param {View} view
 * @returns {Child[]}
 */
function knownService(cell, lost, cutoff, view) {
  const { say, model } = view;
  const { mean_min: mean, p90_min: p90, choices } = cell;
  const details = [
    say('uncovered_n', { n: people(lost, true, say) }),
    mean === null ? say('no_way') : say('mean_minutes', { n: grouped(mean) }),
    p90 === null ? say('p90_none') : say('p90_minutes', { n: grouped(p90) }),
    choicesText(choices, view),
    needsText(cell, cutoff, view),
    seatsText(cell, view),
  ].filter(Boolean);
  return [
    h('span.share', {}, about(shareOf(cell, cutoff, model.fewest))),
    bar(cell, view),
    h('p.detail', {}, ...details.map((text) => h('span', {}, text))),
  ];
}

/**
 * One service of a community.
 *
 * @param {Service} service
 * @param {number} place
 * @param {View} view
 * @param {CommunityActs} acts
 */
function serviceRow(service, place, view, acts) {
  const { state, model } = view;
  const { key, determined, tone } = service;
  const cell = model.communities[place].services[key];
  const ofAll = state.measure === 'index' || state.measure === 'minutes';
  const cutoff = ofAll ? model.cutoffs.length - 1 : state.cutoff;
  const look = { style: { '--tone': tone }, 'aria-hidden': 'true' };
  const glyph = h(`span.glyph${determined ? '' : '.open'}`, look, service.glyph);
  const onclick = () => acts.service(key);
  const title = h('button.service-name', { type: 'button', onclick }, local(service, 'title', state.language));
  if (!determined || !cell?.uncovered) {
    return h('div.service', { 'data-service': key }, glyph, title, ...unknownService(service, cell, view));
  }
  return h(
    'div.service',
    { 'data-service': key, style: { '--tone': tone } },
    glyph,
    title,
    ...knownService(cell, cell.uncovered[cutoff], cutoff, view),
    ...behindService(place, key, view, acts),
  );
}

/** The service of which most people go without, and how many. @param {Community} community @param {Model} model */
function mostLost({ services }, { cutoffs, fewest }) {
  const last = cutoffs.length - 1;
  return Object.entries(services)
    .flatMap(([key, { uncovered }]) => (uncovered && uncovered[last] !== 0 ? [{ key, lost: uncovered[last] }] : []))
    .reduce(
      (worst, next) => (worst && drawn(worst.lost, fewest) >= drawn(next.lost, fewest) ? worst : next),
      /** @type {{key: string, lost: number} | null} */ (null),
    );
}

/**
 * The sentence that explains a community's gap, from public figures only.
 *
 * @param {Community} community
 * @param {Bare} view
 */
export function sentence(community, view) {
  const { say, state, model } = view;
  if (isUnknown(community)) return say('people_unknown_why');
  if (!community.gap) return say('sentence_hidden');
  const when = openThen(view);
  const within = model.cutoffs[model.cutoffs.length - 1];
  const worst = mostLost(community, model);
  const text = worst
    ? say('sentence_few', {
        service: local(model.serviceOf[worst.key], 'title', state.language),
        people: people(worst.lost, true, say),
        minutes: within,
      })
    : say('all_covered', { minutes: within });
  return when ? `${when} · ${text}` : text;
}

/** Further groups of people and what is to be known of the outline. @param {Community} community @param {Bare} view */
function more({ more: groups, outline }, { say }) {
  const lines = GROUPS.flatMap((key) => {
    const count = groups[key];
    if (count === undefined || (key === 'households' && count === SUPPRESSED)) return [];
    return [h('dt', {}, say(key)), h('dd', {}, count === null ? say('unknown') : people(count, true, say))];
  });
  return [
    lines.length ? h('dl.lines', {}, ...lines) : null,
    outline === 'grown' ? h('p.caution', {}, say('outline_grown')) : null,
    outline === 'estates' ? h('p.muted', {}, say('outline_estates')) : null,
  ];
}

/** @param {string} label @param {string | number} value @param {string} [note] */
export const figure = (label, value, note) =>
  h('div.figure', {}, h('dt', {}, label), h('dd', {}, value, note ? h('small', {}, note) : null));

/** The name of a community and its main figures. @param {Community} community @param {Bare} view */
function head(community, { say, state, model }) {
  const { gap, pop_60plus: elders, population, people_basis: basis } = community;
  const where = dotted(['subdistrict', 'community_type'].map((key) => local(community, key, state.language)));
  const rank = gap?.rank ? say('rank_of', { rank: gap.rank, all: countOf(model.communities) }) : '';
  /** @param {number | null} count */
  const heads = (count) => (count === null ? say('unknown') : people(count, false, say));
  return [
    h('h2', { tabindex: -1 }, local(community, 'name', state.language)),
    where ? h('p.where', {}, where) : null,
    h(
      'dl.figures',
      {},
      figure(say('index'), isUnknown(community) ? say('undetermined') : (gap?.index ?? '–'), rank),
      figure(say('elders'), heads(elders)),
      figure(say('population'), heads(population), basis === 'registered' ? say('basis_registered') : ''),
    ),
  ];
}

/** Services with their bars. @param {number} place @param {View} view @param {CommunityActs} acts */
function serviceSection(place, view, acts) {
  const { say, model } = view;
  const keys = model.cutoffs.map((n, k) =>
    h('span', {}, h('i', { style: { opacity: faded(k) } }), say('within', { n })),
  );
  const community = model.communities[place];
  const absent = isUnknown(community) ? 'people_unknown' : isHidden(community) ? 'not_public' : '';
  const list = absent ? [] : model.services.map((service) => serviceRow(service, place, view, acts));
  return [
    h('h3', {}, say('services_in')),
    h('p.keys', { 'aria-hidden': 'true' }, ...keys),
    absent ? h('p.muted', {}, say(absent)) : h('div.services', {}, ...list),
  ];
}

/** Facilities inside a community. @param {number} place @param {View} view @param {CommunityActs} acts */
function siteSection(place, view, acts) {
  const { say, model, state } = view;
  const items = model.facilitiesIn(place).map((at) => {
    const facility = model.facilities[at];
    const name = local(facility, 'name', state.language);
    const onclick = () => acts.facility(at);
    return h('li', {}, h('button.site', { type: 'button', onclick }, ...signsOf(facility, view), name));
  });
  const list = items.length ? h('ul.sites', {}, ...items) : h('p.muted', {}, say('no_sites'));
  return [h('h3', {}, say('nearby_sites')), list];
}

/** Signs of the services of a facility. @param {{services: string[]}} facility @param {Bare} view */
export const signsOf = (facility, { model }) =>
  facility.services
    .map((key) => model.serviceOf[key])
    .filter(Boolean)
    .map(({ tone, glyph }) => h('span.glyph.small', { style: { '--tone': tone }, 'aria-hidden': 'true' }, glyph));

/** The way back from a card. @param {Bare} view @param {{back: () => void}} acts */
export const backButton = ({ say }, acts) =>
  h('button.back', { type: 'button', onclick: acts.back, 'data-act': 'back' }, '‹ ', say('back'));

/** How the people of a community were placed. @param {Community} community @param {Bare} view */
function placing({ placed }, { say }) {
  if (!placed) return null;
  const methods = placed.split('+').map((key) => say(`placed_${key}`));
  return h('p.fine', {}, say('placed', { method: methods.join(' + ') }));
}

/** @param {number} place @param {View} view @param {CommunityActs} acts @returns {Child[]} */
export function communityCard(place, view, acts) {
  const community = view.model.communities[place];
  return [
    backButton(view, acts),
    ...head(community, view),
    h('p.sentence', {}, sentence(community, view)),
    standing(place, view),
    ...more(community, view),
    ...serviceSection(place, view, acts),
    ...ledgerSection(place, view, acts),
    ...siteSection(place, view, acts),
    NEEDS.some((key) => community.more[key]) ? h('p.fine', {}, view.say('needs_note')) : null,
    placing(community, view),
    h('p.fine', {}, view.say('method_privacy')),
  ];
}
