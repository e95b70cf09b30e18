/**
 * Brings the page to life inside the map that folium made.
 *
 * @import { Content } from "./content.js"
 * @import { Layers } from "./places.js"
 * @import { Changed, State } from "./state.js"
 * @import { Model, View } from "./model.js"
 * @import { Models } from "./today.js"
 *
 * @typedef {{model: Model, models: Models | null}} Shown the page's model, and those of a scheme's page
 */
import { actionsOn } from './actions.js';
import { areaNames } from './area_names.js';
import { canUnzip, unpack } from './bytes.js';
import { categorised } from './categories.js';
import { measuresOf } from './choices.js';
import { differences } from './differences.js';
import { h } from './dom.js';
import { drawLines, drawMap, drawPanel, shownSites } from './draw.js';
import { classified } from './figures.js';
import { frameOf, setUpMap } from './frame.js';
import { lineLayers } from './lines.js';
import { modelOf } from './model.js';
import { nameLayer } from './name_layer.js';
import { placeLayers } from './places.js';
import { fromHash, store, toHash } from './state.js';
import { nameChains } from './street_names.js';
import { speaker } from './text.js';
import { tellers } from './tips.js';
import { drawnPlaces, modelsOf } from './today.js';
import { byKind, openVerdicts } from './verdicts.js';

/** Addresses that lead behind the verdicts. */
const BEHIND = /[#&](m=(norm|robust|cause|type)|n=|r=)/;
/** What is not needed for the first picture waits so long. */
const PAUSE_MS = 30;

/** @param {L.Map} map @param {Document} doc */
export async function start(map, doc) {
  /** @type {Content} */
  const content = JSON.parse(doc.getElementById('circle15-page')?.textContent ?? '');
  const say = speaker(content.words, 'zh');
  /** @param {string} text */
  const stop = (text) => doc.body.append(h('p.broken', { role: 'alert' }, text));
  if (content.format !== 2) return stop(say('broken', { reason: `format ${content.format}` }));
  if (content.binary.encoding.startsWith('gzip') && !canUnzip()) return stop(say('broken_old'));
  try {
    const bytes = await unpack(content.binary);
    const model = modelOf(content, bytes);
    const { verdicts } = content;
    const keys = model.services.map((service) => service.key);
    const open = async () => {
      if (verdicts) model.verdicts = await openVerdicts(verdicts, keys, bytes, content.grid);
    };
    // What stands behind the verdicts is opened after the first picture, unless the address asks for it.
    const wanted = BEHIND.test(doc.location.hash);
    if (wanted) await open();
    run(map, doc, { model, models: modelsOf(model, bytes) }, verdicts && !wanted ? open : null);
  } catch (error) {
    stop(say('broken', { reason: error instanceof Error ? error.message : String(error) }));
    throw error;
  }
  return undefined;
}

/**
 * What the page shows at first, or what its address asks for.
 *
 * @param {Model} model
 * @param {string} hash
 * @returns {State}
 */
function firstState(model, hash) {
  const keys = model.services.map((service) => service.key);
  const allowed = {
    language: ['zh', 'en'],
    measure: measuresOf(model.layers),
    service: ['all', ...keys],
    cutoff: model.cutoffs.map((_, place) => String(place)),
    community: model.communities.map(({ id }) => id),
    facility: model.facilities.map(({ id }) => id),
    clause: model.verdicts?.norms?.clauses.map(({ id }) => id) ?? [],
    route: keys,
    when: model.content.before ? ['today', 'scheme', 'change'] : [],
  };
  /** @type {State} */
  const state = {
    language: 'zh',
    measure: 'index',
    service: 'all',
    cutoff: model.cutoffs.length - 1,
    community: '',
    facility: '',
    query: '',
    sort: 'value',
    sites: true,
    merged: false,
    areas: true,
    names: true,
    clause: '',
    route: '',
    checks: false,
    check: -1,
    changes: false,
    change: -1,
    when: model.content.before ? 'change' : '',
    marks: Boolean(model.content.before),
    mark: -1,
    ...fromHash(hash, allowed),
  };
  return state.when !== 'scheme' && state.when && byKind(state.measure) ? { ...state, measure: 'index' } : state;
}

/** @param {Shown} shown @param {State} state @returns {View} */
function viewOf({ model: first, models }, state) {
  const model = (state.when && models?.[state.when]) || first;
  const bare = { state, model, say: speaker(model.content.words, state.language) };
  const { communities, cutoffs, fewest } = model;
  if (model.was) return { ...bare, result: differences(bare) };
  const result = byKind(state.measure) ? categorised(bare) : classified(communities, state, cutoffs, fewest);
  return { ...bare, result };
}

/**
 * @param {L.Map} map
 * @param {Document} doc
 * @param {Shown} shown
 * @param {(() => Promise<void>) | null} open what stands behind the verdicts, where that waits
 */
function run(map, doc, shown, open) {
  const { model, models } = shown;
  const state = store(firstState(model, doc.location.hash));
  const frame = frameOf(map.getContainer());
  doc.body.append(frame.page);
  let view = viewOf(shown, state.get());
  const viewNow = () => view;
  /** @type {Layers} */
  let layers;
  const acts = actionsOn({ map, model, models, chosen: state, frame, viewNow, layers: () => layers });
  const { openCommunity: community, openFacility: facility } = acts;
  const places = models ? drawnPlaces(models) : model.communities;
  layers = placeLayers(map, model, places, { community, facility, tell: tellers(viewNow) });
  const lines = lineLayers(map, layers.above);
  const names = nameLayer(() => ({ areas: areaNames(view), world: model.world, on: view.state.names }));
  setUpMap(map, model, names, frame, acts);
  /** @param {Changed} changed */
  const draw = (changed) => {
    view = viewOf(shown, state.get());
    drawPanel(frame, view, acts, state.set, changed);
    drawMap(map, view, layers, changed);
    drawLines(view, lines, acts, changed);
    names.redraw();
    remember(view.state);
  };
  state.watch((_, changed) => draw(changed));
  map.on('zoomend', () => layers.place(shownSites(view)));
  draw(null);
  acts.arrive();
  performance.mark('circle15-open');
  doc.documentElement.dataset.ready = 'yes';
  setTimeout(() => {
    model.world.chains = nameChains(model.world.streets);
    names.redraw();
    doc.documentElement.dataset.ready = 'names';
    (open?.() ?? Promise.resolve()).then(() => {
      if (open) draw(new Set(['verdicts']));
      doc.documentElement.dataset.ready = 'verdicts';
    });
  }, PAUSE_MS);
}

/** An address that brings the reader back here; not in a notebook's frame. @param {State} state */
function remember(state) {
  if (!/^(file|https?):$/.test(location.protocol)) return;
  try {
    history.replaceState(null, '', toHash(state));
  } catch {
    // Some browsers refuse this for local files; the page works without.
  }
}
