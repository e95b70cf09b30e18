/**
 * The panel: title, banner, and the ranked list of communities.
 *
 * @import { Cell, Community, Origin } from "./content.js"
 * @import { Figure } from "./figures.js"
 * @import { Bare, View } from "./model.js"
 * @import { Measure } from "./state.js"
 * @import { Say } from "./text.js"
 */
import { headline } from './changes.js';
import { CHANGES, changeClass, difference, endsOf } from './differences.js';
import { h } from './dom.js';
import { classOf, drawn, ordered, RAMP, SHARE_ENDS, toneOf } from './figures.js';
import { countOf } from './model.js';
import { changeSummary } from './scheme.js';
import {
  about,
  dotted,
  folded,
  grouped,
  inSeries,
  local,
  minutes,
  openThen,
  people,
  percent,
  SUPPRESSED,
} from './text.js';
import { byKind, verdictsIn } from './verdicts.js';

/** A figure as text. @param {Figure} figure @param {Measure} measure @param {{say: Say}} view */
export function figureText(figure, measure, { say }) {
  if (figure.kind === 'hidden') return say('people_few');
  if (figure.kind === 'unknown') return say('people_unknown_short');
  if (figure.kind === 'none') return '–';
  if (byKind(measure) || figure.text !== undefined) return figure.text ?? '';
  if (measure === 'share') return about(figure.value);
  if (measure === 'minutes') return minutes(figure.value);
  if (measure === 'uncovered') return people(figure.code ?? figure.value, true, say);
  return String(Math.round(figure.value));
}

/** Why there is no figure. @param {Figure} figure @param {Bare} view */
export function absence(figure, { say, state, model }) {
  if (figure.kind === 'hidden') return say('not_public');
  if (figure.kind === 'unknown') return say('people_unknown');
  if (figure.why !== undefined) return figure.why;
  if (figure.key === 'apart') return say('scheme_apart');
  if (state.service !== 'all' && !model.serviceOf[state.service]?.determined) return say('undetermined');
  return say('no_value');
}

/**
 * The day that the real layers speak of, the latest of them; of synthetic ones where nothing is real.
 *
 * @param {Origin[]} origins
 */
export function dataDate(origins) {
  const real = origins.filter((origin) => !origin.synthetic);
  const dates = (real.length ? real : origins).map((origin) => origin.date).filter(Boolean);
  return dates.sort().pop() ?? '';
}

/** The day of the data in words. @param {Bare} view */
export function dateLine({ say, model }) {
  const date = dataDate(model.content.origins);
  return date ? say('data_date', { date }) : say('no_date');
}

/** The title of the page, or without its city. @param {Bare} view @param {string} city */
export const pageTitle = ({ say, model }, city) =>
  say('title', { city, minutes: model.cutoffs[model.cutoffs.length - 1] });

/**
 * Title, language, print, table.
 *
 * @param {View} view
 * @param {{language: () => void, print: () => void, csv: () => void}} acts
 */
export function header(view, acts) {
  const { say, model, state } = view;
  const { profile, city } = model.content;
  const moment = openThen(view);
  const subtitle = say('subtitle', {
    profile: local(profile, 'title', state.language),
    speed: profile.speed_mmps / 1000,
    cutoffs: model.cutoffs.join(' / '),
  });
  /** @param {"language" | "print" | "csv"} act @param {string} [title] */
  const button = (act, title) =>
    h('button.quiet', { type: 'button', title, onclick: acts[act], 'data-act': act }, say(act));
  return [
    h(
      'div.head-row',
      {},
      h('h1', {}, local(city, 'title', state.language)),
      h(
        'div.head-acts',
        {},
        button('language', say('language_title')),
        button('print'),
        button('csv', say('csv_title')),
      ),
    ),
    h('p.head-line', {}, pageTitle(view, '').replace(/^\s*·\s*/, '')),
    moment ? h('p.moment', {}, moment) : null,
    h('p.head-sub', {}, subtitle, ' · ', dateLine(view)),
  ];
}

/** What is synthetic, in plain sight; nothing where all is real. @param {View} view */
export function banner({ say, model, state }) {
  const made = model.content.origins.filter((origin) => origin.synthetic);
  if (!made.length) return null;
  const layers = new Set(made.map((origin) => local(origin, 'label', state.language)));
  return h(
    'div.banner',
    { role: 'note' },
    h('strong', {}, say('synthetic')),
    h('span', {}, say('synthetic_layers', { layers: inSeries([...layers], state.language) })),
  );
}

/** One sentence on the whole city, and what is not in it. @param {View} view */
export function summary(view) {
  const { before } = view.model.content;
  const apart = view.model.communities.filter((community) => community.apart).length;
  const left = before && apart ? view.say('scheme_redrawn_n', { n: apart }) : '';
  return dotted([sentenceOn(view), left]);
}

/** One sentence on the whole city. @param {View} view */
function sentenceOn(view) {
  const { say, model, state } = view;
  const { totals } = model.content;
  if (model.was) return changeSummary(view);
  if (byKind(state.measure) && model.verdicts) return kindSummary(view);
  const service = model.serviceOf[state.service];
  if (!service) {
    const lack = headline(view);
    const all = say(lack ? 'summary_places' : 'summary_all', {
      people: grouped(totals.pop_60plus),
      communities: countOf(model.communities),
      facilities: countOf(model.facilities),
    });
    const counted = dotted([all, totals.unknown ? say('summary_unknown', { n: totals.unknown }) : '']);
    return [lack, counted].filter(Boolean).join(' ');
  }
  if (!service.determined) return say('undetermined_why');
  const lost = totals.uncovered[service.key][state.cutoff];
  const placed = totals.placed[service.key];
  const sentence = say('summary_service', {
    service: local(service, 'title', state.language),
    minutes: model.cutoffs[state.cutoff],
    people: grouped(lost),
    share: placed ? percent(lost / placed) : '–',
  });
  return dotted([openThen(view), sentence]);
}

/** One sentence on a layer of kinds. @param {View} view */
function kindSummary({ say, model, state, result }) {
  const { draws, types } = verdictsIn(model);
  /** @param {string} key */
  const count = (key) => result.counts[(result.kinds ?? []).findIndex((kind) => kind.key === key)] ?? 0;
  if (state.measure === 'norm') {
    return say('summary_norm', { passed: count('p'), failed: count('f'), open: count('u') });
  }
  if (state.measure === 'robust') return say('summary_robust', { draws, n: count('robust_gap') });
  if (state.measure === 'cause') {
    const paths = count('link') + count('paths') + count('gate');
    return say('summary_cause', { sites: count('facility'), paths, mixed: count('mixed') });
  }
  const phrase = types?.method === 'quadrants' ? 'summary_quadrants' : 'summary_types';
  return say(phrase, { n: types?.types.length ?? 0 });
}

/** Places of the communities in the list: sorted, and those that the search finds. @param {View} view */
export function listed({ model, state, result }) {
  /** @param {Community} community */
  const nameOf = (community) => local(community, 'name', state.language);
  const choice = { ...state, measure: model.was ? /** @type {Measure} */ ('index') : state.measure }; // changes by size
  const all = ordered(model.communities, result.figures, choice, nameOf, model.fewest);
  const places = all.filter((place) => !model.communities[place].absent);
  const wanted = folded(state.query.trim());
  if (!wanted) return places;
  return places.filter((place) => {
    const { name, name_en, subdistrict, subdistrict_en } = model.communities[place];
    return [name, name_en, subdistrict, subdistrict_en].some((text) => text && folded(text).includes(wanted));
  });
}

/**
 * A row's strip: one small field per service, darker where fewer are covered.
 *
 * @param {number} place
 * @param {View} view
 */
function strip(place, view) {
  const { model, state } = view;
  const community = model.communities[place];
  const fields = model.services.map(({ key }) => {
    const cell = community.services[key];
    if (!cell?.uncovered || cell.placed <= 0) return h('i.none');
    if (model.was) return changeField(model.was[place]?.services[key], cell, view);
    const share = 1 - drawn(cell.uncovered[state.cutoff], model.fewest) / cell.placed;
    return h('i', { style: { background: RAMP[classOf('share', share, [...SHARE_ENDS])] } });
  });
  return h('span.strip', { 'aria-hidden': 'true' }, ...fields);
}

/** A field of what a service's share changes by. @param {Cell | undefined} was @param {Cell} cell @param {View} view */
function changeField(was, cell, { model, state }) {
  const asked = { ...state, measure: /** @type {Measure} */ ('share') };
  const change = difference(was, cell, asked, model.fewest);
  if (change === null) return h('i.none');
  return h('i', { style: { background: CHANGES[changeClass('share', change, endsOf('share', 1))] } });
}

/** The colour of a row. @param {Figure} figure @param {string | null} tone */
function swatch({ kind, mark }, tone) {
  if (tone) return h(`span.swatch${mark ? '.marked' : ''}`, { style: { background: tone } });
  if (kind === 'unknown') return h('span.swatch.unknown');
  return h(kind === 'hidden' ? 'span.swatch.few' : 'span.swatch.none');
}

/**
 * The name of a row, its subdistrict and the service that its figure is of.
 *
 * @param {Community} community
 * @param {Figure} figure
 * @param {View} view
 */
function names(community, { service }, { model, state }) {
  const where = local(community, 'subdistrict', state.language);
  const worst = state.service === 'all' && service ? model.serviceOf[service] : null;
  const tail = worst ? h('em', {}, where ? ' · ' : '', local(worst, 'title', state.language)) : null;
  return h('span.names', {}, h('b', {}, local(community, 'name', state.language)), h('small', {}, where, tail));
}

/** The figure of a row. @param {Figure} figure @param {View} view */
function value(figure, view) {
  const { measure } = view.state;
  const words = figure.kind === 'hidden' || figure.kind === 'unknown' || figure.code === SUPPRESSED || byKind(measure);
  const note = figure.note ? h('small', {}, figure.note) : null;
  return h(`span.value${words ? '.words' : ''}`, {}, figureText(figure, measure, view), note);
}

/** The list's rows. @param {View} view @param {number[]} places @param {(place: number) => void} open */
export function rows(view, places, open) {
  const { say, model, state, result } = view;
  if (!places.length) return [h('li.empty', {}, say('search_none', { query: state.query }))];
  return places.map((place) => {
    const community = model.communities[place];
    const figure = result.figures[place];
    const attributes = {
      type: 'button',
      'data-community': community.id,
      onclick: () => open(place),
      title: figure.kind === 'value' ? undefined : absence(figure, view),
    };
    const row = h(
      `button.row${community.id === state.community ? '.chosen' : ''}`,
      attributes,
      h('span.rank', {}, community.gap?.rank ?? '–'),
      swatch(figure, toneOf(result, place)),
      names(community, figure, view),
      strip(place, view),
      value(figure, view),
    );
    return h('li', {}, row);
  });
}

/** "54 communities", and over the strip the services' signs. @param {View} view @param {number[]} places */
export function listHead({ say, model, state }, places) {
  const all = countOf(model.communities);
  const n = places.length;
  const count = n === all ? say('count_communities', { n }) : say('count_filtered', { n, all });
  const signs = model.services.map((service) =>
    h('i', { title: local(service, 'title', state.language) }, service.glyph),
  );
  return [
    h('span', {}, count),
    h('span.strip.signs', { 'aria-hidden': 'true' }, ...signs),
    h('span.value', {}, say(`measure_${state.measure}`)),
  ];
}
