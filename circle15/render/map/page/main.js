'use strict';
/** Brings the page to life inside the map that folium made. */
import { canUnzip, unpack } from "./bytes.js";
import { boxIndex, readFlat, readPolygons, readStreets, worldX, worldY } from "./shapes.js";
import { local, openThen, speaker } from "./text.js";
import { classified } from "./figures.js";
import { LAYER_OF, openVerdicts } from "./verdicts.js";
import { byKind, categorised, kindColumns, shownTitle } from "./categories.js";
import { checksDrawer, clausesDrawer } from "./clause_drawers.js";
import { lineLayers } from "./lines.js";
import { csv, listRows } from "./table.js";
import { fromHash, store, toHash } from "./state.js";
import { fill, h, save } from "./dom.js";
import { frameOf, layerSwitches, setUpMap, siteBounds, wholeOf } from "./frame.js";
import { commonEnd, labelLayer, nameChains, shortName } from "./labels.js";
import { placeLayers, tip } from "./places.js";
import { absence, banner, choices, dataDate, figureText, finder, header, listHead, listed, rows, summary } from "./panel.js";
import { communityCard, facilityCard, findingsDrawer, methodDrawer } from "./card.js";
import { footLine, legend } from "./legend.js";

/** Even-odd test of a point in a shape's rings. @param {number[][][][] | null} shape */
export function holds(shape, lat, lon) {
  let inside = false;
  for (const ring of (shape ?? []).flat()) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [[y1, x1], [y2, x2]] = [ring[i], ring[j]];
      if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
    }
  }
  return inside;
}

/** Everything that does not change while the page is open. */
function modelOf(content, bytes) {
  const ranks = content.way_classes.map((way) => way.rank);
  const streets = readStreets(bytes, content.grid, ranks);
  const context = {};
  for (const name of ['water', 'green', 'buildings', 'residential', 'moat', 'water_line', 'rail_line']) {
    if (!bytes.has(`${name}.points`)) continue;
    const flat = readFlat(bytes, content.grid, name);
    context[name] = { flat, index: boxIndex(flat) };
  }
  const rings = readPolygons(bytes, content.grid, 'community');
  const communities = content.communities.map((community, place) => ({ ...community, rings: rings[place] }));
  const serviceOf = Object.fromEntries(content.services.map((service) => [service.key, service]));
  const homes = content.facilities.map(({ lat, lon }) => communities.findIndex((community) => holds(community.rings, lat, lon)));
  return {
    content, communities, serviceOf,
    services: content.services,
    facilities: content.facilities,
    cutoffs: content.cutoffs_ms.map((ms) => ms / 60000),
    reach: readPolygons(bytes, content.grid, 'reach'),
    merged: readPolygons(bytes, content.grid, 'merged'),
    mergedKeys: content.services.filter((service) => service.determined).map((service) => service.key),
    world: { streets, index: boxIndex(streets), context, streetNames: content.street_names, chains: null },
    communityOf: (at) => homes[at],
    layers: new Set(content.verdicts?.layers ?? []),
    verdicts: null,
    facilitiesIn: (place) => homes.flatMap((home, at) => (home === place ? [at] : [])),
  };
}

/** @param {L.Map} map @param {Document} doc */
export async function start(map, doc) {
  const content = JSON.parse(doc.getElementById('circle15-page').textContent);
  const tongue = speaker(content.words, 'zh');
  const stop = (text) => doc.body.append(h('p.broken', { role: 'alert' }, text));
  if (content.format !== 1) return stop(tongue('broken', { reason: `format ${content.format}` }));
  if (content.binary.encoding.startsWith('gzip') && !canUnzip()) return stop(tongue('broken_old'));
  try {
    const bytes = await unpack(content.binary);
    const model = modelOf(content, bytes);
    // What stands behind the verdicts is opened after the first picture, unless the address asks for it.
    const behind = async () => { model.verdicts = await openVerdicts(content.verdicts, content.services.map((service) => service.key), bytes, content.grid); };
    const wanted = content.verdicts && /[#&](m=(norm|robust|cause|type)|n=|r=)/.test(doc.location.hash);
    if (wanted) await behind();
    run(map, doc, model, content.verdicts && !wanted ? behind : null);
  } catch (error) {
    stop(tongue('broken', { reason: error.message }));
    throw error;
  }
  return undefined;
}

/** @param {(() => Promise<void>) | null} behind opens what stands behind the verdicts, where that waits */
function run(map, doc, model, behind) {
  const { content } = model;
  const allowed = {
    language: ['zh', 'en'], measure: ['index', 'uncovered', 'share', 'minutes', ...Object.keys(LAYER_OF).filter((key) => model.layers.has(LAYER_OF[key]))], service: ['all', ...model.services.map((service) => service.key)],
    cutoff: model.cutoffs.map((_, place) => String(place)), community: content.communities.map((own) => own.id), facility: content.facilities.map((own) => own.id),
    clause: model.verdicts?.norms?.clauses.map((clause) => clause.id) ?? [], route: model.services.map((service) => service.key),
  };
  const state = store({
    language: 'zh', measure: 'index', service: 'all', cutoff: model.cutoffs.length - 1, community: '', facility: '', query: '', sort: 'value',
    sites: true, merged: false, areas: true, names: true, clause: '', route: '', checks: false, check: -1, ...fromHash(doc.location.hash, allowed),
  });
  const frame = frameOf(map.getContainer());
  doc.body.append(frame.page);
  const viewOf = () => {
    const now = state.get();
    const bare = { state: now, model, say: speaker(content.words, now.language) };
    return { ...bare, result: byKind(now.measure) ? categorised(bare) : classified(model.communities, now, model.cutoffs) };
  };
  let view = viewOf();
  const acts = actions(map, doc, model, state, frame, () => view);
  const layers = placeLayers(map, model, { community: acts.openCommunity, facility: acts.openFacility, tell: tellers(model, () => view) });
  const labels = labelLayer(() => ({ areas: areaNames(view), world: model.world, on: view.state.names }));
  acts.layers = layers;
  acts.lines = lineLayers(map, layers.above);
  setUpMap(map, model, labels, frame, acts);
  const draw = (changed) => {
    view = viewOf();
    drawPanel(frame, view, acts, state.set, changed);
    drawMap(map, view, layers, changed);
    drawLines(view, acts, changed);
    labels.redraw();
    remember(doc, view.state);
  };
  state.watch((_, changed) => draw(changed));
  map.on('zoomend', () => layers.place(state.get()));
  draw(null);
  acts.arrive();
  doc.defaultView.performance.mark('circle15-open');
  doc.documentElement.dataset.ready = 'yes';
  // Joining named streets is not needed for the first picture.
  setTimeout(() => {
    model.world.chains = nameChains(model.world.streets);
    labels.redraw();
    doc.documentElement.dataset.ready = 'names';
    (behind?.() ?? Promise.resolve()).then(() => {
      if (behind) draw(new Set(['verdicts']));
      doc.documentElement.dataset.ready = 'verdicts';
    });
  }, 30);
}

/** An address that brings the reader back here; not in a notebook's frame. */
function remember(doc, state) {
  if (!/^(file|https?):$/.test(doc.location.protocol)) return;
  try {
    doc.defaultView.history.replaceState(null, '', toHash(state));
  } catch {
    // Some browsers refuse this for local files; the page works without.
  }
}

function areaNames(view) {
  const { model, state, result } = view;
  const names = model.communities.map((own) => local(own, 'name', state.language));
  const end = commonEnd(names);
  const named = model.communities.map((own, place) => ({
    x: worldX(own.anchor[0]), y: worldY(own.anchor[1]), strong: own.id === state.community,
    name: shortName(end && names[place].endsWith(end) ? names[place].slice(0, -end.length) : names[place]),
    dark: state.areas && (result.dark?.[place] ?? result.classes[place] >= 4) && !state.facility && !state.merged,
    value: state.areas && result.figures[place].kind === 'value' ? figureText(result.figures[place], state.measure, view) : '', rank: own.gap?.rank ?? Infinity,
  }));
  return named.sort((a, b) => Number(b.strong) - Number(a.strong) || a.rank - b.rank);
}

function tellers(model, viewNow) {
  return {
    community: (place) => {
      const view = viewNow();
      const figure = view.result.figures[place];
      const worst = view.state.service === 'all' && figure.service ? ` · ${local(model.serviceOf[figure.service], 'title', view.state.language)}` : '';
      const told = figure.kind === 'value' ? `${view.say(`measure_${view.state.measure}`)} ${view.result.kinds?.[view.result.classes[place]]?.label ?? figureText(figure, view.state.measure, view)}${worst}` : absence(figure, view);
      return tip(local(model.communities[place], 'name', view.state.language), [told]);
    },
    facility: (at) => {
      const { state, say } = viewNow();
      const own = model.facilities[at];
      const moment = model.content.open_at?.[state.language];
      const shut = own.denied ? [say('facility_denied')] : moment && own.open === false ? [say('facility_closed', { moment })] : [];
      return tip(local(own, 'name', state.language), [...shut, own.services.map((key) => (model.serviceOf[key] ? local(model.serviceOf[key], 'title', state.language) : key)).join(' · ')]);
    },
  };
}

/** What the reader can do. */
function actions(map, doc, model, state, frame, viewNow) {
  const wide = () => doc.defaultView.innerWidth > 760;
  const room = () => (wide() ? { paddingTopLeft: [20, 20], paddingBottomRight: [270, 46], maxZoom: 17 } : { paddingTopLeft: [12, 12], paddingBottomRight: [12, frame.page.dataset.sheet === 'peek' ? 220 : Math.round(doc.defaultView.innerHeight * 0.53)], maxZoom: 15.5 });
  const sheet = (position) => { frame.page.dataset.sheet = position; };
  const focusCard = () => frame.card.querySelector('h2')?.focus({ preventScroll: true });
  const acts = {
    layers: null,
    lines: null,
    opened: new Set(),
    sheet,
    /** Where an address leads to. */
    arrive: () => {
      const { community, facility } = state.get();
      const at = model.facilities.findIndex((own) => own.id === facility);
      const place = model.communities.findIndex((own) => own.id === community);
      const around = at < 0 ? null : siteBounds(model, at);
      if (at >= 0 || place >= 0) sheet('half');
      if (around) map.fitBounds(around, { ...room(), animate: false });
      else if (place < 0) acts.whole(false);
      else map.fitBounds(acts.layers.boundsOf(place).pad(0.8), { ...room(), animate: false });
    },
    openCommunity: (place) => {
      sheet('half');
      state.set({ community: model.communities[place].id, facility: '', route: '' });
      if (!map.getBounds().contains(acts.layers.boundsOf(place)) || map.getZoom() < 13.5) map.flyToBounds(acts.layers.boundsOf(place), { ...room(), duration: 0.6 });
      focusCard();
    },
    openFacility: (at) => {
      sheet('half');
      state.set({ facility: model.facilities[at].id });
      const bounds = siteBounds(model, at);
      if (bounds && !map.getBounds().contains(bounds)) map.flyToBounds(bounds, { ...room(), duration: 0.6 });
      focusCard();
    },
    back: () => {
      const { facility, community } = state.get();
      state.set(facility && community ? { facility: '' } : { community: '', facility: '', route: '' });
      const row = frame.list.querySelector(`[data-community="${CSS.escape(community)}"]`);
      if (!facility) { row?.scrollIntoView({ block: 'center' }); row?.focus({ preventScroll: true }); }
    },
    service: (service) => state.set({ service, measure: state.get().measure === 'index' ? 'share' : state.get().measure }),
    /** Draw the typical walk to a service, or take it away with "". */
    route: (service, place) => {
      sheet('half');
      state.set({ route: service, facility: '' });
      const points = service ? model.verdicts.route(place, service)?.points() ?? [] : [];
      if (points.length > 1) map.flyToBounds(L.latLngBounds(points).pad(0.15), { ...room(), ...(wide() ? {} : { paddingTopLeft: [12, 180] }), duration: 0.6 });
      frame.card.querySelector(`[data-route="${CSS.escape(service)}"]`)?.focus({ preventScroll: true });
    },
    clause: (id) => { frame.drawer.hidden = true; state.set({ measure: 'norm', service: 'all', clause: id, facility: '' }); },
    checks: (on) => state.set({ checks: on, check: -1 }),
    /** Lead to a field check on the map. */
    check: (place) => {
      const { lat, lon } = model.verdicts.checks.list[place];
      if (!wide()) frame.drawer.hidden = true;
      state.set({ checks: true, check: place });
      if (lat !== null && lon !== null) map.setView([lat, lon], Math.max(map.getZoom(), 16));
    },
    language: () => state.set({ language: state.get().language === 'zh' ? 'en' : 'zh' }),
    print: () => doc.defaultView.print(),
    csv: () => saveTable(viewNow()),
    zoom: (steps) => map.setZoom(map.getZoom() + 0.75 * steps),
    whole: (animate = true) => map.fitBounds(wholeOf(model), { ...room(), maxZoom: 17, animate }),
    drawer: (kind) => {
      const view = viewNow();
      const close = () => { frame.drawer.hidden = true; };
      fill(frame.drawer,
        h('div.drawer-head', {}, h('h2', {}, view.say(kind)), h('button.quiet', { type: 'button', onclick: close, 'data-act': 'close' }, view.say('close'))),
        h('div.drawer-body', {}, ...{ findings: findingsDrawer, method: methodDrawer, clauses: clausesDrawer, field_checks: checksDrawer }[kind](view, acts)));
      frame.drawer.hidden = false;
      frame.drawer.querySelector('button').focus();
    },
  };
  return acts;
}

function saveTable(view) {
  const { model, state, say } = view;
  const minutes = model.cutoffs[state.cutoff];
  const service = model.serviceOf[state.service];
  const timed = state.measure === 'share' || state.measure === 'uncovered';
  const label = [say(`measure_${state.measure}`), shownTitle(view), service ? local(service, 'title', state.language) : '', timed ? say('minutes_n', { n: minutes }) : ''];
  const table = listRows({
    communities: model.communities, services: model.services, minutes, cutoff: state.cutoff, say,
    note: [model.content.city.synthetic ? say('synthetic') : '', openThen(view)].filter(Boolean).join('; '), title: (item) => local(item, 'title', state.language),
    shown: byKind(state.measure) && model.verdicts ? kindColumns(view) : [{ label: label.filter(Boolean).join(' '), of: (place) => figureText(view.result.figures[place], state.measure, view) }],
  }, listed(view));
  save(`circle15-${model.content.city.key}-${state.measure}.csv`, csv(table), 'text/csv;charset=utf-8');
}

/** The panel, the legend and the lines around the map. */
function drawPanel(frame, view, acts, set, changed) {
  const { state, model, say } = view;
  document.documentElement.lang = state.language === 'zh' ? 'zh-CN' : 'en';
  const title = say('title', { city: local(model.content.city, 'title', state.language), minutes: model.cutoffs[model.cutoffs.length - 1] });
  document.title = title;
  const anew = !changed || changed.has('language');
  if (anew) {
    fill(frame.head, ...header(view, acts));
    fill(frame.banner, banner(view));
    fill(frame.finder, ...finder(view, set));
    const count = model.content.findings.length;
    const drawer = (kind, badge) => h('button.quiet', { type: 'button', onclick: () => acts.drawer(kind), 'data-act': kind }, say(kind), badge ? h('span.badge', {}, badge) : null);
    fill(frame.foot,
      drawer('findings', count), model.layers.has('norms') ? drawer('clauses') : null, model.layers.has('checks') ? drawer('field_checks') : null, drawer('method'));
    frame.drawer.hidden = true;
    fill(frame.footLine, ...footLine(view));
  }
  fill(frame.choices, ...choices(view, set));
  fill(frame.summary, summary(view));
  const places = listed(view);
  fill(frame.listHead, ...listHead(view, places));
  fill(frame.list, ...rows(view, places, acts.openCommunity));
  drawCard(frame, view, acts, changed);
  fill(frame.legend, ...legend(view));
  fill(frame.layers, ...layerSwitches(view, set, acts));
  const date = dataDate(model.content.origins);
  fill(frame.printHead, h('h1', {}, title), h('p', {}, [model.serviceOf[state.service]?.determined ? '' : openThen(view), say(`measure_${state.measure}`), shownTitle(view), summary(view)].filter(Boolean).join(' · ')),
    h('p', {}, date ? say('data_date', { date }) : say('no_date'), ' · ', say('printed', { date: new Date().toISOString().slice(0, 10) })), banner(view));
}

function drawCard(frame, view, acts, changed) {
  const { state, model } = view;
  const facility = model.facilities.findIndex((own) => own.id === state.facility);
  const community = model.communities.findIndex((own) => own.id === state.community);
  const open = facility >= 0 || community >= 0;
  frame.card.hidden = !open;
  frame.browse.hidden = open;
  if (!open) return;
  const calls = { ...acts, community: acts.openCommunity, facility: acts.openFacility };
  fill(frame.card, ...(facility >= 0 ? facilityCard(facility, view, calls) : communityCard(community, view, calls)));
  if (changed?.has('community') || changed?.has('facility')) frame.card.parentElement.scrollTop = 0;
}

/** Layers on the map. */
function drawMap(map, view, layers, changed) {
  const { state, model, result } = view;
  const toggle = (layer, on) => (on ? layer.addTo(map) : layer.remove());
  toggle(layers.areas, state.areas);
  toggle(layers.sites, state.sites || state.facility !== '');
  layers.place(state.sites ? state : { ...state, service: 'none' });
  const facility = model.facilities.findIndex((own) => own.id === state.facility);
  const merged = state.merged ? model.mergedKeys.indexOf(state.service) : -1;
  layers.colour(result, facility >= 0 || merged >= 0);
  layers.outline(model.communities.findIndex((own) => own.id === state.community));
  const count = model.cutoffs.length;
  if (facility >= 0) {
    const own = model.facilities[facility];
    const key = own.services.includes(state.service) ? state.service : own.services[0];
    layers.drawReach(model.reach.slice(facility * count, (facility + 1) * count), model.serviceOf[key]?.tone ?? '#555555', true, own);
  } else if (merged >= 0) {
    layers.drawReach(model.merged.slice(merged * count, (merged + 1) * count), model.serviceOf[state.service].tone, false);
  } else if (!changed || ['facility', 'merged', 'service'].some((key) => changed.has(key))) {
    layers.clearReach();
  }
}

/** Walks, links and places to look at, each only where it is asked for. */
function drawLines(view, acts, changed) {
  const { state, model, say } = view;
  const touched = (...keys) => !changed || ['verdicts', 'language', ...keys].some((key) => changed.has(key));
  if (!model.verdicts) return;
  const place = model.communities.findIndex((own) => own.id === state.community);
  if (touched('route', 'community')) acts.lines.walk(state.route && place >= 0 ? model.verdicts.route(place, state.route) : null, say);
  if (touched('measure', 'community', 'service')) {
    const { links } = model.verdicts;
    const own = place < 0 ? null : new Set(model.services.map((service) => model.verdicts.cause(place, service.key)?.linkAt));
    acts.lines.links(state.measure === 'cause' ? links.filter((_, at) => own === null || own.has(at)) : [], say);
  }
  if (touched('checks', 'check')) acts.lines.marks(state.checks ? model.verdicts.checks.list : [], state.check, acts.check);
}
