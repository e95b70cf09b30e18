/**
 * Brings the page to life inside the map that folium made.
 *
 * @import { Content } from "./content.js"
 * @import { Layers } from "./places.js"
 * @import { Changed, State } from "./state.js"
 * @import { Model, View } from "./model.js"
 */
import { actionsOn } from './actions.js';
import { areaNames } from './area_names.js';
import { canUnzip, unpack } from './bytes.js';
import { categorised } from './categories.js';
import { measuresOf } from './choices.js';
import { h } from './dom.js';
import { drawLines, drawMap, drawPanel } from './draw.js';
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
    run(map, doc, model, verdicts && !wanted ? open : null);
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
  };
  return {
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
    ...fromHash(hash, allowed),
  };
}

/** @param {Model} model @param {State} state @returns {View} */
function viewOf(model, state) {
  const bare = { state, model, say: speaker(model.content.words, state.language) };
  const { communities, cutoffs, fewest } = model;
  const result = byKind(state.measure) ? categorised(bare) : classified(communities, state, cutoffs, fewest);
  return { ...bare, result };
}

/**
 * @param {L.Map} map
 * @param {Document} doc
 * @param {Model} model
 * @param {(() => Promise<void>) | null} open what stands behind the verdicts, where that waits
 */
function run(map, doc, model, open) {
  const state = store(firstState(model, doc.location.hash));
  const frame = frameOf(map.getContainer());
  doc.body.append(frame.page);
  let view = viewOf(model, state.get());
  const viewNow = () => view;
  /** @type {Layers} */
  let layers;
  const acts = actionsOn({ map, model, chosen: state, frame, viewNow, layers: () => layers });
  const { openCommunity: community, openFacility: facility } = acts;
  layers = placeLayers(map, model, { community, facility, tell: tellers(model, viewNow) });
  const lines = lineLayers(map, layers.above);
  const names = nameLayer(() => ({ areas: areaNames(view), world: model.world, on: view.state.names }));
  setUpMap(map, model, names, frame, acts);
  /** @param {Changed} changed */
  const draw = (changed) => {
    view = viewOf(model, state.get());
    drawPanel(frame, view, acts, state.set, changed);
    drawMap(map, view, layers, changed);
    drawLines(view, lines, acts, changed);
    names.redraw();
    remember(view.state);
  };
  state.watch((_, changed) => draw(changed));
  map.on('zoomend', () => layers.place(state.get()));
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
