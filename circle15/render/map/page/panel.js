'use strict';
/** The panel: title, banner, choices, and the ranked list of communities. */
import { choice, h } from "./dom.js";
import { RAMP, drawn, ordered, toneOf } from "./figures.js";
import { LAYER_OF } from "./verdicts.js";
import { byKind, chosenClause } from "./categories.js";
import { titleOf } from "./clauses.js";
import { SUPPRESSED, folded, grouped, local, minutes, openThen, people, percent } from "./text.js";

/** A figure as text. @param {import("./figures.js").Figure} figure @param {string} measure @param {object} view */
export function figureText(figure, measure, { say }) {
  if (figure.kind === 'hidden') return say('people_few');
  if (figure.kind === 'none') return '–';
  if (byKind(measure)) return figure.text;
  if (measure === 'share') return `${figure.rough ? '≈' : ''}${percent(figure.value)}`;
  if (measure === 'minutes') return minutes(figure.value);
  if (measure === 'uncovered') return people(figure.code ?? figure.value, figure.rough, say);
  return String(Math.round(figure.value));
}

/** Why there is no figure. */
export function absence(figure, view) {
  const { say, state, model } = view;
  if (figure.kind === 'hidden') return say('not_public');
  if (state.service !== 'all' && !model.serviceOf[state.service]?.determined) return say('undetermined');
  return say('no_value');
}

/** The day that the real layers speak of, the latest of them; of synthetic ones where nothing is real. */
export function dataDate(origins) {
  const latest = (own) => own.map((origin) => origin.date).filter(Boolean).sort().pop();
  const real = origins.filter((origin) => !origin.synthetic);
  return latest(real.length ? real : origins) ?? '';
}

/** Title, language, print, table. @param {object} view @param {object} acts */
export function header(view, acts) {
  const { say, model, state } = view;
  const { content } = model;
  const date = dataDate(content.origins);
  const subtitle = say('subtitle', {
    profile: local(content.profile, 'title', state.language),
    speed: content.profile.speed_mmps / 1000,
    cutoffs: model.cutoffs.join(' / '),
  });
  return [
    h('div.head-row', {},
      h('h1', {}, local(content.city, 'title', state.language)),
      h('div.head-acts', {},
        h('button.quiet', { type: 'button', title: say('language_title'), onclick: acts.language, 'data-act': 'language' }, say('language')),
        h('button.quiet', { type: 'button', onclick: acts.print, 'data-act': 'print' }, say('print')),
        h('button.quiet', { type: 'button', title: say('csv_title'), onclick: acts.csv, 'data-act': 'csv' }, say('csv')))),
    h('p.head-line', {}, say('title', { city: '', minutes: model.cutoffs[model.cutoffs.length - 1] }).replace(/^\s*·\s*/, '')),
    openThen(view) ? h('p.moment', {}, openThen(view)) : null,
    h('p.head-sub', {}, subtitle, ' · ', date ? say('data_date', { date }) : say('no_date')),
  ];
}

/** What is synthetic, in plain sight; nothing where all is real. */
export function banner(view) {
  const { say, model, state } = view;
  const made = model.content.origins.filter((origin) => origin.synthetic).map((origin) => local(origin, 'label', state.language));
  if (!made.length) return null;
  return h('div.banner', { role: 'note' },
    h('strong', {}, say('synthetic')),
    h('span', {}, say('synthetic_layers', { layers: [...new Set(made)].join(state.language === 'zh' ? '、' : ', ') })));
}

/** Measure, service and cut-off. */
export function choices(view, set) {
  const { say, model, state } = view;
  const further = Object.keys(LAYER_OF).filter((key) => model.layers.has(LAYER_OF[key]));
  const measures = ['index', 'uncovered', 'share', 'minutes', ...further].map((value) => ({ value, content: [say(`measure_${value}`)], title: say(`unit_${value}`) }));
  const chip = ({ key, glyph, tone, determined, title_zh, title_en }) => ({
    value: key,
    title: determined ? undefined : say('undetermined_why'),
    content: [h(`span.glyph${determined ? '' : '.open'}`, { style: { '--tone': tone }, 'aria-hidden': 'true' }, glyph), state.language === 'en' ? title_en : title_zh],
  });
  const services = [{ value: 'all', content: [say('service_all')] }, ...model.services.map(chip)];
  const cutoffs = model.cutoffs.map((n, place) => ({ value: String(place), content: [say('minutes_n', { n })] }));
  const pickMeasure = (measure) => set(['index', 'norm', 'type'].includes(measure) ? { measure, service: 'all', facility: '' } : { measure });
  const pickService = (service) => set({
    service, facility: '', measure: service !== 'all' && state.measure === 'index' ? 'share' : state.measure, merged: service !== 'all' && state.merged,
  });
  const timed = state.measure === 'uncovered' || state.measure === 'share';
  return [
    h('div.choice-row', {}, choice(say('measure'), measures, state.measure, pickMeasure, 'segments')),
    state.measure === 'norm' ? clauseChoice(view, set) : state.measure === 'type' ? null : h('div.choice-row', {}, choice(say('service'), services, state.service, pickService, 'chips')),
    timed ? h('div.choice-row.inline', {}, h('span.label', {}, say('cutoff')), choice(say('cutoff'), cutoffs, String(state.cutoff), (value) => set({ cutoff: Number(value) }), 'segments')) : null,
  ];
}

/** The clauses that communities are judged by, book after book. */
function clauseChoice(view, set) {
  const { say, model, state } = view;
  if (!model.verdicts) return null;
  const { norms } = model.verdicts;
  const chosen = chosenClause(view);
  const option = (clause, at) => h('option', { value: clause.id, selected: at === chosen }, `${titleOf(clause, state.language)}${clause.verified ? '' : ` (${say('indicative')})`}`);
  const groups = norms.books.map(([, zh, en], book) => {
    const own = norms.clauses.flatMap((clause, at) => (clause.book === book && clause.level === 'community' ? [option(clause, at)] : []));
    return own.length ? h('optgroup', { label: state.language === 'en' ? en : zh }, ...own) : null;
  });
  return h('div.choice-row', {}, h('select.clause-choice', { 'aria-label': say('measure_norm'), onchange: (event) => set({ clause: event.target.value }) }, ...groups));
}

/** One sentence on the whole city. */
export function summary(view) {
  const { say, model, state } = view;
  const { totals } = model.content;
  const service = model.serviceOf[state.service];
  const kind = byKind(state.measure) && model.verdicts ? kindSummary(view) : '';
  if (kind) return kind;
  if (!service) return say('summary_all', { people: grouped(totals.pop_60plus), communities: model.communities.length, facilities: model.facilities.length });
  if (!service.determined) return say('undetermined_why');
  const lost = totals.uncovered[service.key][state.cutoff];
  const told = say('summary_service', {
    service: local(service, 'title', state.language), minutes: model.cutoffs[state.cutoff], people: grouped(lost),
    share: totals.placed[service.key] ? percent(lost / totals.placed[service.key]) : '–',
  });
  return [openThen(view), told].filter(Boolean).join(' · ');
}

/** One sentence on a layer of kinds. */
function kindSummary({ say, model, state, result }) {
  const { verdicts } = model;
  const count = (key) => result.counts[result.kinds.findIndex((kind) => kind.key === key)] ?? 0;
  if (state.measure === 'norm') return say('summary_norm', { passed: count('p'), failed: count('f'), open: count('u') });
  if (state.measure === 'robust') return say('summary_robust', { draws: verdicts.draws, n: count('robust_gap') });
  if (state.measure === 'cause') return say('summary_cause', { sites: count('facility'), paths: count('link') + count('paths') + count('gate'), mixed: count('mixed') });
  return say(verdicts.types.method === 'quadrants' ? 'summary_quadrants' : 'summary_types', { n: verdicts.types.types.length });
}

/** Places of the communities in the list: sorted, and those that the search finds. */
export function listed(view) {
  const { model, state, result } = view;
  const nameOf = (community) => local(community, 'name', state.language);
  const places = ordered(model.communities, result.figures, state.sort, state.measure, nameOf, state.cutoff);
  const wanted = folded(state.query.trim());
  if (!wanted) return places;
  return places.filter((place) => {
    const own = model.communities[place];
    return [own.name, own.name_en, own.subdistrict, own.subdistrict_en].some((text) => text && folded(text).includes(wanted));
  });
}

/** A row's strip: one small field per service, darker where fewer are covered. */
function strip(community, view) {
  const { model, state } = view;
  return h('span.strip', { 'aria-hidden': 'true' }, ...model.services.map((service) => {
    const cell = community.services[service.key];
    const share = cell?.uncovered && cell.placed > 0 ? 1 - drawn(cell.uncovered[state.cutoff]) / cell.placed : null;
    if (share === null) return h('i.none');
    const ends = [0.95, 0.8, 0.6, 0.4, 0.2];
    const own = ends.findIndex((end) => share >= end);
    return h('i', { style: { background: RAMP[own < 0 ? ends.length : own] } });
  }));
}

/** The list's rows. @param {object} view @param {number[]} places @param {(place: number) => void} open */
export function rows(view, places, open) {
  const { say, model, state, result } = view;
  if (!places.length) return [h('li.empty', {}, say('search_none', { query: state.query }))];
  return places.map((place) => {
    const own = model.communities[place];
    const figure = result.figures[place];
    const tone = toneOf(result, place);
    const worst = state.service === 'all' && figure.service ? model.serviceOf[figure.service] : null;
    const where = local(own, 'subdistrict', state.language);
    return h('li', {},
      h(`button.row${own.id === state.community ? '.chosen' : ''}`, {
        type: 'button', 'data-community': own.id, onclick: () => open(place), title: figure.kind === 'value' ? undefined : absence(figure, view),
      },
      h('span.rank', {}, own.gap?.rank ?? '–'),
      h(`span.swatch${tone ? (figure.mark ? '.marked' : '') : figure.kind === 'hidden' ? '.few' : '.none'}`, tone ? { style: { background: tone } } : {}),
      h('span.names', {}, h('b', {}, local(own, 'name', state.language)),
        h('small', {}, where, worst ? h('em', {}, where ? ' · ' : '', local(worst, 'title', state.language)) : null)),
      strip(own, view),
      h(`span.value${figure.kind === 'hidden' || figure.code === SUPPRESSED || byKind(state.measure) ? '.words' : ''}`, {}, figureText(figure, state.measure, view), figure.note ? h('small', {}, figure.note) : null)));
  });
}

/** Search and order. */
export function finder(view, set) {
  const { say, state } = view;
  const search = h('input', { type: 'search', placeholder: say('search'), 'aria-label': say('search'), value: state.query, oninput: (event) => set({ query: event.target.value }) });
  const orders = ['value', 'rank', 'uncovered', 'name'].map((value) => h('option', { value, selected: value === state.sort }, say(`sort_${value}`)));
  const sort = h('select', { 'aria-label': say('sort'), onchange: (event) => set({ sort: event.target.value }) }, ...orders);
  return [search, sort];
}

/** "54 communities", and over the strip the services' signs. */
export function listHead(view, places) {
  const { say, model } = view;
  const all = model.communities.length;
  const count = places.length === all ? say('count_communities', { n: all }) : say('count_filtered', { n: places.length, all });
  const signs = h('span.strip.signs', { 'aria-hidden': 'true' }, ...model.services.map((service) => h('i', { title: local(service, 'title', view.state.language) }, service.glyph)));
  return [h('span', {}, count), signs, h('span.value', {}, say(`measure_${view.state.measure}`))];
}

