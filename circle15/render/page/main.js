'use strict';
/** Brings the page to life inside the map that folium made. */
import { canUnzip, unpack } from "./bytes.js";
import { boxIndex, readFlat, readPolygons, readStreets, worldX, worldY } from "./shapes.js";
import { local, openThen, speaker } from "./text.js";
import { classified } from "./figures.js";
import { csv, listRows } from "./table.js";
import { fromHash, store, toHash } from "./state.js";
import { fill, h, save } from "./dom.js";
import { basemapLayer } from "./basemap.js";
import { commonEnd, labelLayer, nameChains } from "./labels.js";
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
    facilitiesIn: (place) => homes.flatMap((home, at) => (home === place ? [at] : [])),
  };
}

/** The page's frame around the map. */
function frameOf(box) {
  const part = (name, tag = 'div', attributes = {}) => h(`${tag}.${name}`, attributes);
  const parts = {
    head: part('head', 'header'), banner: part('banner-place'), choices: part('choices', 'div', { 'data-keep': '' }), summary: part('summary', 'p', { 'aria-live': 'polite' }),
    finder: part('finder'), listHead: part('list-head'), list: part('list', 'ol'), card: part('card', 'section', { 'aria-live': 'polite', hidden: true }), foot: part('foot', 'nav'),
    legend: part('legend', 'aside'), layers: part('layers', 'aside'), footLine: part('foot-line', 'footer'), drawer: part('drawer', 'section', { hidden: true, role: 'dialog' }),
    printHead: part('print-head', 'header'), mapBox: part('map-box', 'main'), grip: h('button.grip', { type: 'button', 'aria-label': '▲▼' }),
  };
  const browse = h('div.browse', {}, parts.choices, parts.summary, parts.finder, parts.listHead, parts.list);
  const panel = h('div.panel', {}, parts.grip, parts.head, parts.banner, h('div.scroll', {}, browse, parts.card), parts.foot);
  parts.mapBox.append(box, parts.legend, parts.layers, parts.footLine);
  const page = h('div.page', { 'data-sheet': 'peek' }, parts.printHead, panel, parts.mapBox, parts.drawer);
  return { ...parts, browse, panel, page };
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
    run(map, doc, modelOf(content, bytes));
  } catch (error) {
    stop(tongue('broken', { reason: error.message }));
    throw error;
  }
  return undefined;
}

function run(map, doc, model) {
  const { content } = model;
  const allowed = {
    language: ['zh', 'en'], measure: ['index', 'uncovered', 'share', 'minutes'], service: ['all', ...model.services.map((service) => service.key)],
    cutoff: model.cutoffs.map((_, place) => String(place)), community: content.communities.map((own) => own.id), facility: content.facilities.map((own) => own.id),
  };
  const state = store({
    language: 'zh', measure: 'index', service: 'all', cutoff: model.cutoffs.length - 1, community: '', facility: '', query: '', sort: 'value',
    sites: true, merged: false, areas: true, names: true, ...fromHash(doc.location.hash, allowed),
  });
  const frame = frameOf(map.getContainer());
  doc.body.append(frame.page);
  const viewOf = () => {
    const now = state.get();
    return { state: now, model, say: speaker(content.words, now.language), result: classified(model.communities, now, model.cutoffs) };
  };
  let view = viewOf();
  const acts = actions(map, doc, model, state, frame, () => view);
  const layers = placeLayers(map, model, { community: acts.openCommunity, facility: acts.openFacility, tell: tellers(model, () => view) });
  const labels = labelLayer(() => ({ areas: areaNames(view), world: model.world, on: view.state.names }));
  acts.layers = layers;
  setUpMap(map, model, labels, frame, acts);
  const draw = (changed) => {
    view = viewOf();
    drawPanel(frame, view, acts, state.set, changed);
    drawMap(map, view, layers, changed);
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
    name: end && names[place].endsWith(end) ? names[place].slice(0, -end.length) : names[place],
    dark: state.areas && result.classes[place] >= 4 && !state.facility && !state.merged,
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
      const told = figure.kind === 'value' ? `${view.say(`measure_${view.state.measure}`)} ${figureText(figure, view.state.measure, view)}${worst}` : absence(figure, view);
      return tip(local(model.communities[place], 'name', view.state.language), [told]);
    },
    facility: (at) => {
      const { state, say } = viewNow();
      const own = model.facilities[at];
      const moment = model.content.open_at?.[state.language];
      const shut = moment && own.open === false ? [say('facility_closed', { moment })] : [];
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
      state.set({ community: model.communities[place].id, facility: '' });
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
      state.set(facility && community ? { facility: '' } : { community: '', facility: '' });
      const row = frame.list.querySelector(`[data-community="${CSS.escape(community)}"]`);
      if (!facility) { row?.scrollIntoView({ block: 'center' }); row?.focus({ preventScroll: true }); }
    },
    service: (service) => state.set({ service, measure: state.get().measure === 'index' ? 'share' : state.get().measure }),
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
        h('div.drawer-body', {}, ...(kind === 'findings' ? findingsDrawer(view) : methodDrawer(view))));
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
  const label = [say(`measure_${state.measure}`), service ? local(service, 'title', state.language) : '', state.measure === 'index' || state.measure === 'minutes' ? '' : say('minutes_n', { n: minutes })];
  const table = listRows({
    communities: model.communities, services: model.services, minutes, cutoff: state.cutoff, say,
    note: [model.content.city.synthetic ? say('synthetic') : '', openThen(view)].filter(Boolean).join('; '), title: (item) => local(item, 'title', state.language),
    shown: { label: label.filter(Boolean).join(' '), of: (place) => figureText(view.result.figures[place], state.measure, view) },
  }, listed(view));
  save(`circle15-${model.content.city.key}-${state.measure}.csv`, csv(table), 'text/csv;charset=utf-8');
}

/** What is drawn around a chosen facility: where one can walk to it from, and its delivery. */
function siteBounds(model, at) {
  const own = model.facilities[at];
  const last = model.reach[(at + 1) * model.cutoffs.length - 1];
  const bounds = last ? L.latLngBounds(last.flat(2)) : null;
  if (!(own.delivery_radius_m > 0)) return bounds;
  const circle = L.latLng(own.lat, own.lon).toBounds(2 * own.delivery_radius_m);
  return bounds ? bounds.extend(circle) : circle;
}

const wholeOf = (model) => {
  const [west, south, east, north] = model.content.bounds;
  return L.latLngBounds([south, west], [north, east]);
};

function setUpMap(map, model, labels, frame, acts) {
  map.attributionControl?.remove();
  map.options.zoomSnap = 0.25;
  map.options.zoomDelta = 0.75;
  const { tiles } = model.content;
  if (tiles) for (const url of tiles.layers) L.tileLayer(url, { maxZoom: tiles.max_zoom, attribution: '' }).addTo(map);
  const basemap = tiles ? null : basemapLayer(model.world).addTo(map);
  labels.addTo(map);
  L.control.scale({ imperial: false, position: 'bottomleft', maxWidth: 120 }).addTo(map);
  map.on('click', () => acts.back());
  map.setMaxBounds(wholeOf(model).pad(1.2));
  map.invalidateSize({ pan: false });
  acts.whole(false); // a view must be set before layers are added
  frame.grip.addEventListener('click', () => acts.sheet({ peek: 'half', half: 'full', full: 'peek' }[frame.page.dataset.sheet]));
  dragSheet(frame, acts);
  frame.page.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    if (!frame.drawer.hidden) frame.drawer.hidden = true;
    else acts.back();
  });
  // A printed page has another size than the window: measure again before and after.
  const win = document.defaultView;
  win.addEventListener('beforeprint', () => {
    frame.page.classList.add('printing');
    map.invalidateSize({ pan: false, animate: false });
    acts.whole(false);
    basemap?.flush();
    acts.layers.flush();
    labels.redraw();
  });
  win.addEventListener('afterprint', () => { frame.page.classList.remove('printing'); map.invalidateSize({ pan: false, animate: false }); acts.whole(false); });
  // As long as the reader has not moved the map it keeps showing the whole area, whatever the window does.
  let moved = false;
  for (const kind of ['pointerdown', 'wheel', 'keydown']) frame.page.addEventListener(kind, () => { moved = true; }, { passive: true });
  const resized = () => {
    if (frame.page.classList.contains('printing')) return;
    map.invalidateSize({ animate: false });
    if (!moved) acts.arrive();
  };
  if (win.ResizeObserver) new win.ResizeObserver(resized).observe(frame.mapBox);
}

/** On a phone the panel is a sheet that is pulled up and down. */
function dragSheet(frame, acts) {
  let from = null;
  const grab = (event) => { from = event.clientY; };
  const drop = (event) => {
    if (from === null) return;
    const moved = event.clientY - from;
    from = null;
    if (Math.abs(moved) < 24) return;
    const steps = ['peek', 'half', 'full'];
    const now = steps.indexOf(frame.page.dataset.sheet);
    acts.sheet(steps[Math.max(0, Math.min(2, now + (moved < 0 ? 1 : -1)))]);
  };
  for (const part of [frame.grip, frame.head]) {
    part.addEventListener('pointerdown', grab);
    part.addEventListener('pointerup', drop);
  }
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
    fill(frame.foot,
      h('button.quiet', { type: 'button', onclick: () => acts.drawer('findings'), 'data-act': 'findings' }, say('findings'), count ? h('span.badge', {}, count) : null),
      h('button.quiet', { type: 'button', onclick: () => acts.drawer('method'), 'data-act': 'method' }, say('method')));
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
  fill(frame.printHead, h('h1', {}, title), h('p', {}, [model.serviceOf[state.service]?.determined ? '' : openThen(view), say(`measure_${state.measure}`), summary(view)].filter(Boolean).join(' · ')),
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

function layerSwitches(view, set, acts) {
  const { say, state } = view;
  const box = (key, disabled, title) => h('label', { title }, h('input', { type: 'checkbox', checked: state[key] && !disabled, disabled, 'data-layer': key, onchange: (event) => set({ [key]: event.target.checked }) }), say(`layer_${key}`));
  const unready = !view.model.serviceOf[state.service]?.determined;
  return [
    h('div.zooms', {},
      h('button', { type: 'button', title: say('zoom_in'), 'aria-label': say('zoom_in'), onclick: () => acts.zoom(1) }, '+'),
      h('button', { type: 'button', title: say('zoom_out'), 'aria-label': say('zoom_out'), onclick: () => acts.zoom(-1) }, '−'),
      h('button.fold', { type: 'button', title: say('layers'), 'aria-label': say('layers'), onclick: (event) => event.target.closest('.layers').classList.toggle('open') }, '≡'),
      h('button.whole', { type: 'button', title: say('whole'), 'aria-label': say('whole'), onclick: () => acts.whole() }, '⤢')),
    h('fieldset', {}, h('legend', {}, say('layers')), box('areas'), box('sites'), box('merged', unready, unready ? say('merged_needs_service') : undefined), box('names')),
  ];
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
