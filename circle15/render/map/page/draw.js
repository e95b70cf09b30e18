/**
 * What a change of the state draws: the panel, the map, lines on request.
 *
 * @import { Acts, DrawerKind } from "./actions.js"
 * @import { Patch } from "./choices.js"
 * @import { Frame } from "./frame.js"
 * @import { Lines } from "./lines.js"
 * @import { View } from "./model.js"
 * @import { Layers, Shown } from "./places.js"
 * @import { Changed } from "./state.js"
 */
import { shownTitle } from './categories.js';
import { choices, finder, showChosen } from './choices.js';
import { communityCard } from './community_card.js';
import { fill, h, part } from './dom.js';
import { facilityCard } from './facility_card.js';
import { layerSwitches } from './frame.js';
import { footLine, legend } from './legend.js';
import { placeOf } from './model.js';
import { banner, dateLine, header, listed, listHead, pageTitle, rows, summary } from './panel.js';
import { schemeStrip } from './scheme.js';
import { changeCard } from './scheme_card.js';
import { dotted, local, openThen } from './text.js';
import { byKind } from './verdicts.js';

/**
 * Parts that only another language changes.
 *
 * @param {Frame} frame
 * @param {View} view
 * @param {Acts} acts
 * @param {Patch} set
 */
function drawStill(frame, view, acts, set) {
  const { model, say } = view;
  /** @param {DrawerKind} kind @param {number} [badge] */
  const drawer = (kind, badge) => {
    const attributes = { type: 'button', onclick: () => acts.drawer(kind), 'data-act': kind };
    return h('button.quiet', attributes, say(kind), badge ? h('span.badge', {}, badge) : null);
  };
  fill(frame.head, ...header(view, acts));
  fill(frame.scheme, ...schemeStrip(view, acts));
  fill(frame.banner, banner(view));
  fill(frame.finder, ...finder(view, set));
  fill(
    frame.foot,
    drawer('findings', model.content.findings.length),
    model.layers.has('norms') ? drawer('clauses') : null,
    model.layers.has('checks') ? drawer('field_checks') : null,
    drawer('method'),
  );
  frame.drawer.hidden = true;
  fill(frame.footLine, ...footLine(view));
}

/** What stands above a printed map. @param {View} view @param {string} title */
function printHead(view, title) {
  const { state, model, say } = view;
  const moment = model.serviceOf[state.service]?.determined ? '' : openThen(view); // the summary has it then
  const when = state.when ? say(`scheme_legend_${state.when}`) : '';
  const shown = dotted([when, moment, say(`measure_${state.measure}`), shownTitle(view), summary(view)]);
  const today = new Date().toISOString().slice(0, 10);
  const dates = h('p', {}, dateLine(view), ' · ', say('printed', { date: today }));
  return [h('h1', {}, title), h('p', {}, shown), dates, banner(view)];
}

/**
 * The panel, the legend and the lines around the map.
 *
 * @param {Frame} frame
 * @param {View} view
 * @param {Acts} acts
 * @param {Patch} set
 * @param {Changed} changed
 */
export function drawPanel(frame, view, acts, set, changed) {
  const { state, model } = view;
  const title = pageTitle(view, local(model.content.city, 'title', state.language));
  document.documentElement.lang = state.language === 'zh' ? 'zh-CN' : 'en';
  document.title = title;
  if (!changed || changed.has('language') || changed.has('when')) drawStill(frame, view, acts, set);
  const scrolled = part(frame.choices, '.chips')?.scrollLeft ?? 0;
  fill(frame.choices, ...choices(view, set));
  showChosen(frame.choices, scrolled);
  fill(frame.summary, summary(view), wayToChanges(view, acts));
  const places = listed(view);
  fill(frame.listHead, ...listHead(view, places));
  fill(frame.list, ...rows(view, places, acts.openCommunity));
  drawCard(frame, view, acts, changed);
  fill(frame.legend, ...legend(view));
  fill(frame.layers, ...layerSwitches(view, set, acts));
  fill(frame.printHead, ...printHead(view, title));
}

/** What leads from the sentence on the whole city to what would help. @param {View} view @param {Acts} acts */
function wayToChanges({ model, say, state }, acts) {
  if (!model.content.actions?.list.length || state.service !== 'all' || byKind(state.measure)) return null;
  const attributes = { type: 'button', onclick: () => acts.drawer('actions'), 'data-act': 'actions' };
  return h('button.link', attributes, say('actions'));
}

/** @param {Frame} frame @param {View} view @param {Acts} acts @param {Changed} changed */
function drawCard(frame, view, acts, changed) {
  const { state, model } = view;
  const facility = placeOf(model.facilities, state.facility);
  const community = placeOf(model.communities, state.community);
  const open = facility >= 0 || community >= 0;
  frame.card.hidden = !open;
  frame.browse.hidden = open;
  if (!open) return;
  const calls = { ...acts, community: acts.openCommunity, facility: acts.openFacility };
  const areaCard = model.was || model.communities[community]?.apart ? changeCard : communityCard;
  const card = facility >= 0 ? facilityCard(facility, view, calls) : areaCard(community, view, calls);
  fill(frame.card, ...card);
  if (changed?.has('community') || changed?.has('facility')) frame.scroll.scrollTop = 0;
}

/** Layers on the map. @param {L.Map} map @param {View} view @param {Layers} layers @param {Changed} changed */
export function drawMap(map, view, layers, changed) {
  const { state, model, result } = view;
  /** @param {L.Layer} layer @param {boolean} on */
  const toggle = (layer, on) => (on ? layer.addTo(map) : layer.remove());
  toggle(layers.areas, state.areas);
  toggle(layers.sites, state.sites || state.facility !== '');
  layers.place(shownSites(view));
  const facility = placeOf(model.facilities, state.facility);
  const merged = state.merged ? model.mergedKeys.indexOf(state.service) : -1;
  layers.colour(result, facility >= 0 || merged >= 0);
  layers.outline(placeOf(model.communities, state.community));
  if (facility >= 0) drawSiteReach(facility, view, layers);
  else if (merged >= 0) {
    layers.drawReach(nested(model.merged, merged, view), model.serviceOf[state.service].tone, null);
  } else if (!changed || ['facility', 'merged', 'service', 'when'].some((key) => changed.has(key))) layers.clearReach();
}

/** Facilities whose signs are drawn. @param {View} view @returns {Shown} */
export const shownSites = ({ state, model }) => ({
  service: state.sites ? state.service : 'none',
  facility: state.facility,
  sites: model.facilities,
});

/** One shape for each cut-off. @template T @param {T[]} shapes @param {number} at @param {View} view */
const nested = (shapes, at, { model }) => shapes.slice(at * model.cutoffs.length, (at + 1) * model.cutoffs.length);

/** @param {number} at @param {View} view @param {Layers} layers */
function drawSiteReach(at, view, layers) {
  const { state, model } = view;
  const facility = model.facilities[at];
  const key = facility.services.includes(state.service) ? state.service : facility.services[0];
  layers.drawReach(nested(model.reach, at, view), model.serviceOf[key]?.tone ?? '#555555', facility);
}

/**
 * Changes that would help, walks, links and places to look at, each only where it is asked for.
 *
 * @param {View} view
 * @param {Lines} lines
 * @param {Acts} acts
 * @param {Changed} changed
 */
export function drawLines(view, lines, acts, changed) {
  const { state, model, say } = view;
  const { verdicts } = model;
  /** @param {...string} keys */
  const touched = (...keys) => !changed || ['verdicts', 'language', 'when', ...keys].some((key) => changed.has(key));
  if (touched('changes', 'change')) {
    lines.changes(state.changes ? (model.content.actions?.list ?? []) : [], state.change, acts.change);
  }
  if (touched('marks', 'mark')) {
    lines.scheme(state.marks ? (model.content.before?.changes ?? []) : [], state.mark, acts.mark);
  }
  if (!verdicts && !model.content.before) return;
  const place = placeOf(model.communities, state.community);
  if (touched('route', 'community')) {
    lines.walk(state.route && place >= 0 ? (verdicts?.route(place, state.route) ?? null) : null, say);
  }
  if (touched('measure', 'community', 'service')) {
    const near = new Set(model.services.map(({ key }) => verdicts?.cause(place, key)?.linkAt));
    const all = verdicts?.links ?? [];
    const links = place < 0 ? all : all.filter((_, at) => near.has(at));
    lines.links(state.measure === 'cause' ? links : [], say);
  }
  if (touched('checks', 'check'))
    lines.marks(state.checks ? (verdicts?.checks.list ?? []) : [], state.check, acts.check);
}
