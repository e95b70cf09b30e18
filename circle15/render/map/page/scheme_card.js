/**
 * The card of a community where the page shows what a scheme changes: every figure today and in the scheme.
 *
 * @import { Cell, Service, Was } from "./content.js"
 * @import { CommunityActs } from "./community_card.js"
 * @import { Child } from "./dom.js"
 * @import { Place, View } from "./model.js"
 */
import { backButton, figure } from './community_card.js';
import { CHANGES, changeClass, difference, endsOf } from './differences.js';
import { h } from './dom.js';
import { isHidden, isUnknown, shareOf } from './figures.js';
import { moreOrFewer } from './scheme.js';
import { about, dotted, grouped, local, people } from './text.js';

/** Two figures with an arrow, one where they are the same. @param {string} was @param {string} now */
const arrow = (was, now) => (was === now ? now : `${was} → ${now}`);

/** The name of a community and its main figures. @param {Place} community @param {Was} was @param {View} view */
function head(community, was, { say }) {
  /** @param {number | null} count */
  const heads = (count) => (count === null ? say('unknown') : people(count, false, say));
  /** @param {Was} one */
  const index = ({ gap }) => String(gap?.index ?? '–');
  return h(
    'dl.figures',
    {},
    figure(say('index'), arrow(index(was), index(community))),
    figure(say('elders'), arrow(heads(was.pop_60plus), heads(community.pop_60plus))),
    figure(say('population'), arrow(heads(was.population), heads(community.population))),
  );
}

/**
 * Who newly reaches a service, or no longer does; where there are other people than today, how many more or fewer go
 * without.
 *
 * @param {number} change of those who go without
 * @param {boolean} alike whether the community has the same people
 * @param {View} view
 */
function gained(change, alike, { say, model }) {
  const words = moreOrFewer(change, model.fewest, say);
  if (!change || !alike) return words;
  const size =
    Math.abs(change) < model.fewest ? say('few_bare') : say('people_about', { n: grouped(Math.abs(change)) });
  return say(change < 0 ? 'scheme_newly' : 'scheme_no_longer', { people: size });
}

/**
 * One service: its share, people without it and minutes, today and in the scheme.
 *
 * @param {Service} service
 * @param {{cell: Cell | undefined, old: Cell | undefined, alike: boolean}} cells
 * @param {View} view
 * @param {CommunityActs} acts
 */
function serviceRow({ key, tone, glyph, ...service }, { cell, old, alike }, view, acts) {
  const { say, state, model } = view;
  const asked = { ...state, cutoff: state.measure === 'index' ? model.cutoffs.length - 1 : state.cutoff };
  const lost = difference(old, cell, { ...asked, measure: 'uncovered' }, model.fewest);
  const share = difference(old, cell, { ...asked, measure: 'share' }, model.fewest);
  const sign = h('span.glyph', { style: { '--tone': tone }, 'aria-hidden': 'true' }, glyph);
  const onclick = () => acts.service(key);
  const title = h('button.service-name', { type: 'button', onclick }, local(service, 'title', state.language));
  if (!cell?.uncovered || !old?.uncovered || lost === null) {
    return h(
      'div.service',
      { 'data-service': key },
      sign,
      title,
      h('span.share.muted', {}, '–'),
      h('p.detail', {}, say('scheme_no_change')),
    );
  }
  /** @param {number | null} minutes */
  const walk = (minutes) => (minutes === null ? '–' : grouped(minutes));
  const [was, now] = [old, cell].map((one) => people(one.uncovered?.[asked.cutoff] ?? null, true, say));
  const mark = { style: { '--tone': CHANGES[changeClass('share', share ?? 0, endsOf('share', 1))] } };
  const told = [
    h('b', {}, h('i.dot', mark), gained(lost, alike, view)),
    h('span', {}, say('scheme_without', { people: arrow(was, now) })),
    h('span', {}, say('scheme_minutes', { minutes: arrow(walk(old.mean_min), walk(cell.mean_min)) })),
  ];
  const shares = [old, cell].map((one) => about(shareOf(one, asked.cutoff, model.fewest)));
  return h(
    'div.service.changed',
    { 'data-service': key },
    sign,
    title,
    h('span.share', {}, arrow(shares[0], shares[1])),
    h('p.detail', {}, ...told),
  );
}

/** @param {number} place @param {View} view @param {CommunityActs} acts @returns {Child[]} */
export function changeCard(place, view, acts) {
  const { say, state, model } = view;
  const community = model.communities[place];
  const was = model.was?.[place];
  const name = h('h2', { tabindex: -1 }, local(community, 'name', state.language));
  const where = h('p.where', {}, dotted([local(community, 'subdistrict', state.language)]));
  if (!was)
    return [
      backButton(view, acts),
      name,
      where,
      h('p.sentence', {}, say(model.was ? 'scheme_redrawn_why' : 'scheme_apart_why')),
    ];
  const alike = was.pop_60plus === community.pop_60plus;
  const cutoff = state.measure === 'index' ? model.cutoffs.length - 1 : state.cutoff;
  const closed = [community, was].find((one) => isUnknown(one) || isHidden(one));
  const rows = model.services
    .filter(({ determined }) => determined)
    .map((service) => {
      const cells = { cell: community.services[service.key], old: was.services[service.key], alike };
      return serviceRow(service, cells, view, acts);
    });
  const list = closed ? h('p.muted', {}, say(isUnknown(closed) ? 'people_unknown' : 'not_public')) : null;
  return [
    backButton(view, acts),
    name,
    where,
    head(community, was, view),
    h('h3', {}, say('scheme_services', { n: model.cutoffs[cutoff] })),
    list ?? h('div.services', {}, ...rows),
    h('p.fine', {}, say('scheme_note')),
    h('p.fine', {}, say('method_privacy')),
  ];
}
