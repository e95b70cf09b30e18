'use strict';
/** Cards: one community with every service, one facility with its reach; and the drawers below. */
import { h } from "./dom.js";
import { SUPPRESSED, grouped, local, minutes, openThen, people, percent, spokenHours } from "./text.js";
import { drawn, shareOf } from "./figures.js";
import { behindService, ledgerSection, standing } from "./ledger_card.js";

/** A bar with the covered share at every cut-off, the nearest darkest. */
function bar(cell, view) {
  const shares = view.model.cutoffs.map((_, cutoff) => shareOf(cell, cutoff));
  if (shares.some((share) => share === null)) return h('div.bar.none');
  const pieces = shares.map((share, k) => h('i', { style: { width: `${(100 * (share - (k ? shares[k - 1] : 0))).toFixed(2)}%`, opacity: [1, 0.62, 0.34, 0.22][Math.min(k, 3)] } }));
  return h('div.bar', { role: 'img', 'aria-label': shares.map((share, k) => `${view.say('within', { n: view.model.cutoffs[k] })} ${percent(share)}`).join(', ') }, ...pieces);
}

/** One service of a community. */
function serviceRow(service, community, view, pick, behind) {
  const { say, state, model } = view;
  const cell = community.services[service.key];
  const last = model.cutoffs.length - 1;
  const cutoff = state.measure === 'index' || state.measure === 'minutes' ? last : state.cutoff;
  const share = shareOf(cell, cutoff);
  const glyph = h(`span.glyph${service.determined ? '' : '.open'}`, { style: { '--tone': service.tone }, 'aria-hidden': 'true' }, service.glyph);
  const title = h('button.service-name', { type: 'button', onclick: () => pick(service.key) }, local(service, 'title', state.language));
  if (!service.determined) {
    return h('div.service', { 'data-service': service.key }, glyph, title, h('span.share.muted', {}, say('undetermined')), h('div.bar.none'), h('p.detail', {}, say('undetermined_why')));
  }
  if (!cell?.uncovered) {
    return h('div.service', { 'data-service': service.key }, glyph, title, h('span.share.muted', {}, '–'), h('div.bar.none'), h('p.detail', {}, say(cell ? 'nobody_placed' : 'no_value')));
  }
  const details = [
    say('uncovered_n', { n: people(cell.uncovered[cutoff], cell.rough, say) }),
    cell.mean_min === null ? say('no_way') : say('mean_minutes', { n: minutes(cell.mean_min) }),
    cell.p90_min === null ? say('p90_none') : say('p90_minutes', { n: minutes(cell.p90_min) }),
    cell.choices === null ? null : say('choices', { n: minutes(cell.choices) }),
  ];
  return h('div.service', { 'data-service': service.key, style: { '--tone': service.tone } }, glyph, title,
    h('span.share', {}, cell.rough && cell.uncovered[cutoff] !== 0 ? h('small', {}, '≈') : null, percent(share)), bar(cell, view),
    h('p.detail', {}, ...details.filter(Boolean).map((text) => h('span', {}, text))), ...behind);
}

/** The sentence that explains a community's gap, from public figures only. */
export function sentence(community, view) {
  const { say, state, model } = view;
  if (!community.gap) return say('sentence_hidden');
  const said = community.gap[`sentence_${state.language}`];
  if (said) return said;
  const when = openThen(view) ? `${openThen(view)} · ` : '';
  const last = model.cutoffs.length - 1;
  const lost = Object.entries(community.services).filter(([, cell]) => cell.uncovered && cell.uncovered[last] !== 0);
  if (!lost.length) return when + say('all_covered', { minutes: model.cutoffs[last] });
  const [key, cell] = lost.reduce((worst, next) => (drawn(next[1].uncovered[last]) > drawn(worst[1].uncovered[last]) ? next : worst));
  return when + say('sentence_few', { service: local(model.serviceOf[key], 'title', state.language), people: people(cell.uncovered[last], cell.rough, say), minutes: model.cutoffs[last] });
}

/** Further groups of people and what is to be known of the outline. */
function more(own, view) {
  const { say } = view;
  const title = { households: say('households'), population_registered: say('population_registered'), pop_65plus: say('pop_65plus'), pop_80plus: say('pop_80plus') };
  const told = Object.entries(own.more ?? {}).filter(([key, count]) => count !== SUPPRESSED || key !== 'households');
  const lines = told.map(([key, count]) => [title[key], people(count, true, say)]);
  return [
    lines.length ? h('dl.lines', {}, ...lines.flatMap(([key, text]) => [h('dt', {}, key), h('dd', {}, text)])) : null,
    own.outline === 'grown' ? h('p.caution', {}, say('outline_grown')) : null,
    own.outline === 'estates' ? h('p.muted', {}, say('outline_estates')) : null,
  ];
}

const figure = (label, value, note) => h('div.figure', {}, h('dt', {}, label), h('dd', {}, value, note ? h('small', {}, note) : null));

/** @param {number} place @param {object} view @param {{back: () => void, service: (key: string) => void, facility: (place: number) => void}} acts */
export function communityCard(place, view, acts) {
  const { say, model, state } = view;
  const own = model.communities[place];
  const where = [local(own, 'subdistrict', state.language), own.community_type].filter(Boolean).join(' · ');
  const inside = model.facilitiesIn(place);
  return [
    h('button.back', { type: 'button', onclick: acts.back, 'data-act': 'back' }, '‹ ', say('back')),
    h('h2', { tabindex: -1 }, local(own, 'name', state.language)),
    where ? h('p.where', {}, where) : null,
    h('dl.figures', {},
      figure(say('index'), own.gap?.index ?? '–', own.gap?.rank ? say('rank_of', { rank: own.gap.rank, all: model.communities.length }) : null),
      figure(say('elders'), people(own.pop_60plus, false, say)),
      figure(say('population'), people(own.population, false, say), own.people_basis === 'registered' ? say('basis_registered') : null)),
    h('p.sentence', {}, sentence(own, view)),
    standing(place, view),
    ...more(own, view),
    h('h3', {}, say('services_in')),
    h('p.keys', { 'aria-hidden': 'true' }, ...model.cutoffs.map((n, k) => h('span', {}, h('i', { style: { opacity: [1, 0.62, 0.34, 0.22][Math.min(k, 3)] } }), say('within', { n })))),
    own.pop_60plus === SUPPRESSED ? h('p.muted', {}, say('not_public')) : h('div.services', {}, ...model.services.map((service) => serviceRow(service, own, view, acts.service, behindService(place, service.key, view, acts)))),
    ...ledgerSection(place, view, acts),
    h('h3', {}, say('nearby_sites')),
    inside.length
      ? h('ul.sites', {}, ...inside.map((at) => h('li', {}, h('button.site', { type: 'button', onclick: () => acts.facility(at) }, ...signs(model.facilities[at], view), local(model.facilities[at], 'name', state.language)))))
      : h('p.muted', {}, say('no_sites')),
    own.placed ? h('p.fine', {}, say('placed', { method: own.placed.split('+').map((key) => say(`placed_${key}`)).join(' + ') })) : null,
    h('p.fine', {}, say('method_privacy')),
  ];
}

const signs = (facility, { model }) => facility.services.filter((key) => model.serviceOf[key])
  .map((key) => h('span.glyph.small', { style: { '--tone': model.serviceOf[key].tone }, 'aria-hidden': 'true' }, model.serviceOf[key].glyph));

/** Opening hours: as the list writes them, or in OpenStreetMap's syntax, whose few words are put into Chinese. */
function hoursOf(own, { say, state }) {
  const written = (state.language === 'en' && own.opening_hours_osm) || own.opening_hours || '';
  return state.language === 'zh' && /^[\x20-\x7e]+$/.test(written) ? spokenHours(written, say('hours_words').split(' ')) : written;
}

/** Capacity of a site, by service where that is known. */
function capacityOf(own, { model, state }) {
  const known = Object.entries(own.capacity_by_service ?? {}).filter(([key]) => model.serviceOf[key]);
  if (known.length) return known.map(([key, n]) => `${local(model.serviceOf[key], 'title', state.language)} ${grouped(n)}`).join(' · ');
  return own.capacity === null || own.capacity === undefined ? '' : grouped(own.capacity);
}

/** @param {number} at @param {object} view @param {{back: () => void, community: (place: number) => void}} acts */
export function facilityCard(at, view, acts) {
  const { say, model, state } = view;
  const own = model.facilities[at];
  const home = model.communityOf(at);
  const offered = own.services.map((key) => model.serviceOf[key]).filter(Boolean);
  const tone = offered[0]?.tone ?? '#666666';
  const lines = [
    ['facility_services', offered.map((service) => local(service, 'title', state.language)).join(state.language === 'zh' ? '、' : ', ')],
    ['facility_tier', local(own, 'tier', state.language)], ['facility_hours', hoursOf(own, view)], ['facility_address', own.address],
    ['facility_capacity', capacityOf(own, view)],
    ['facility_area', own.floor_area_m2 === null || own.floor_area_m2 === undefined ? '' : `${grouped(own.floor_area_m2)} m²`],
    ['facility_delivery', own.delivery_radius_m > 0 ? say('delivery_n', { n: grouped(own.delivery_radius_m) }) : ''],
    ['facility_source', [own.source, own.source_date].filter(Boolean).join(' · ')], ['facility_url', own.source_url],
  ];
  const moment = model.content.open_at?.[state.language];
  const warnings = [
    own.denied ? say('facility_denied') : null,
    own.status === 1 ? say('facility_far', { n: model.content.max_snap_m }) : own.status === 2 ? say('facility_island') : null,
    own.denied ? null : moment && own.open === false ? say('facility_closed', { moment }) : moment && own.open === null ? say('facility_hours_unknown', { moment }) : null,
  ].filter(Boolean);
  return [
    h('button.back', { type: 'button', onclick: acts.back, 'data-act': 'back' }, '‹ ', say('back')),
    h('h2', { tabindex: -1 }, ...signs(own, view), local(own, 'name', state.language)),
    home < 0 ? null : h('p.where', {}, h('button.link', { type: 'button', onclick: () => acts.community(home) }, say('in_community', { name: local(model.communities[home], 'name', state.language) }))),
    ...warnings.map((warning) => h('p.caution', {}, warning)),
    h('p.keys', {}, say('facility_reach'), ...model.cutoffs.map((n, k) => h('span', {}, h('i', { style: { background: tone, opacity: [0.55, 0.34, 0.18, 0.1][Math.min(k, 3)] } }), say('minutes_short', { n })))),
    h('dl.lines', {}, ...lines.filter(([, text]) => text).flatMap(([key, text]) => [h('dt', {}, say(key)), h('dd', {}, text)])),
  ];
}

/** Files that were read: rows read and used, why others were not, and the way to what was found in each. */
function fileRows(view) {
  const { say, model, state } = view;
  const files = model.content.files ?? [];
  if (!files.length) return [];
  const told = (file) => model.content.findings.filter((finding) => finding.file === file).length;
  const show = (file) => (event) => {
    const own = [...event.target.closest('.drawer-body').querySelectorAll('.finding')].filter((item) => item.dataset.file === file);
    own.forEach((item) => { item.classList.remove('called'); void item.offsetWidth; item.classList.add('called'); });
    own[0]?.scrollIntoView({ block: 'start', behavior: 'smooth' });
  };
  const item = (file) => {
    const lost = file.read - file.used;
    const { personal, unknown } = file.columns;
    const notes = [
      local(file, 'form', state.language),
      unknown ? say('file_unknown', { n: unknown }) : '',
      personal ? say('file_personal', { n: personal }) : '',
    ].filter(Boolean).join(' · ');
    const count = told(file.file);
    return h('li.file', {},
      h('p.file-head', {}, h('b', {}, file.file), h('span.tag.plain', {}, local(file, 'role', state.language))),
      h('p.file-rows', {}, say(lost ? 'file_rows_lost' : 'file_rows', { read: grouped(file.read), used: grouped(file.used), lost: grouped(lost) })),
      lost ? h('ul.reasons', {}, ...file.lost.map((one) => h('li', {}, h('b', {}, grouped(one.rows)), local(one, 'why', state.language)))) : null,
      notes ? h('p.fine', {}, notes) : null,
      count ? h('button.link', { type: 'button', onclick: show(file.file), 'data-file': file.file }, say('file_findings', { n: count })) : null);
  };
  return [h('h3', {}, say('files')), h('ul.file-list', {}, ...files.map(item)), h('h3', {}, say('findings_head'))];
}

/** Where a finding stands: file, row, column, a value that its message does not quote, and a few examples. */
function placeOf(finding, { say, state }) {
  const rows = finding.examples.map((one) => /^row (\d+)$/.exec(one)?.[1]);
  const listed = rows.length && rows.every(Boolean)
    ? [say(rows.length > 1 ? 'finding_rows' : 'finding_row', { n: rows.join(state.language === 'zh' ? '、' : ', ') })]
    : finding.examples;
  const value = /[\p{L}\p{N}]/u.test(finding.value) && !local(finding, 'message', state.language).includes(finding.value) ? finding.value : '';
  const row = finding.row === null || rows.includes(String(finding.row)) ? '' : say('finding_row', { n: finding.row });
  return [finding.file, row, finding.column, value, ...listed].filter(Boolean).join(' · ');
}

/** What was read, and what was found in it; errors first. */
export function findingsDrawer(view) {
  const { say, model, state } = view;
  const order = ['error', 'warning', 'note'];
  const findings = order.flatMap((severity) => model.content.findings.filter((finding) => (order.includes(finding.severity) ? finding.severity : 'note') === severity));
  if (!findings.length) return [...fileRows(view), h('p', {}, say('findings_none'))];
  const item = (finding) => {
    const at = placeOf(finding, view);
    const remedy = local(finding, 'remedy', state.language);
    return h(`li.finding.${order.includes(finding.severity) ? finding.severity : 'note'}`, { 'data-file': finding.file },
      h('b', {}, say(`severity_${finding.severity}`), finding.count > 1 ? ` × ${grouped(finding.count)}` : ''),
      h('p', {}, local(finding, 'message', state.language)),
      at ? h('p.fine', {}, at) : null,
      remedy ? h('p.fine', {}, say('remedy', { text: remedy })) : null);
  };
  return [h('p.muted', {}, say('findings_intro')), ...fileRows(view), h('ul.findings', {}, ...findings.map(item))];
}

/** Method, privacy, network and sources. */
export function methodDrawer(view) {
  const { say, model, state } = view;
  const { content } = model;
  const { profile } = content;
  const made = Object.entries(content.methods).map(([key, n]) => say(`method_${key}`, { n: grouped(n) })).join(state.language === 'zh' ? '、' : ', ');
  const values = {
    profile: local(profile, 'title', state.language), speed: profile.speed_mmps / 1000, stairs: profile.stairs_mmps / 1000, signal: (2 * profile.half_signal_ms) / 1000,
    cutoffs: model.cutoffs.join(' / '), made, nodes: grouped(content.network.nodes), edges: grouped(content.network.edges), km: content.network.km,
    moment: content.open_at?.[state.language] ?? '',
  };
  const delivers = model.facilities.some((own) => own.delivery_radius_m > 0);
  const points = ['truth', 'cutoff', 'profile', ...(content.open_at ? ['open_at'] : []), 'index', 'undetermined', ...(delivers ? ['delivery'] : []), 'privacy', 'network', ...(made ? ['demand'] : [])];
  const sources = content.origins.map((origin) => h('li', {},
    h('b', {}, local(origin, 'label', state.language)), origin.synthetic ? h('span.tag', {}, say('source_synthetic')) : null,
    h('p.fine', {}, [origin.attribution, origin.licence, origin.date].filter(Boolean).join(' · '))));
  return [h('ul.points', {}, ...points.map((key) => h('li', {}, say(`method_${key}`, values)))), h('h3', {}, say('sources')), h('ul.sources', {}, ...sources)];
}
