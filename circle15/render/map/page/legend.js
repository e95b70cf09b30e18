'use strict';
/** What the colours mean, and the lines below the map. */
import { h } from "./dom.js";
import { RAMP } from "./figures.js";
import { byKind, shownTitle } from "./categories.js";
import { MOST_LINKS } from "./lines.js";
import { grouped, local, openThen } from "./text.js";

/** Class limits as text, best class first. */
export function classLabels(measure, breaks, say) {
  const text = measure === 'share' ? (value) => `${Math.round(value * 100)}%` : (value) => grouped(value);
  return RAMP.map((_, place) => {
    if (place > breaks.length) return null;
    if (measure === 'share') {
      if (place === 0) return `≥ ${text(breaks[0])}`;
      return place === breaks.length ? `< ${text(breaks[place - 1])}` : `${text(breaks[place])} – ${text(breaks[place - 1])}`;
    }
    const unit = measure === 'minutes' ? (label) => say('minutes_n', { n: label }) : (label) => label;
    if (place === 0) return breaks[0] === 0 ? '0' : unit(`≤ ${text(breaks[0])}`);
    if (place === breaks.length) return unit(`> ${text(breaks[place - 1])}`);
    const lowest = measure === 'uncovered' || measure === 'index' ? breaks[place - 1] + 1 : breaks[place - 1];
    return unit(`${text(lowest)} – ${text(breaks[place])}`);
  });
}

/** @param {object} view */
export function legend(view) {
  const { say, state, result, model } = view;
  const labels = byKind(state.measure) ? [] : classLabels(state.measure, result.breaks, say);
  const service = model.serviceOf[state.service];
  const timed = state.measure === 'share' || state.measure === 'uncovered';
  const about = [
    ['index', 'type'].includes(state.measure) ? null : state.measure === 'norm' ? shownTitle(view) : service ? local(service, 'title', state.language) : say('worst_of_all'),
    timed ? say('minutes_n', { n: model.cutoffs[state.cutoff] }) : null,
  ].filter(Boolean).join(' · ');
  const line = (swatch, label, count) => h('li', {}, swatch, h('span', {}, label), h('b', {}, count));
  return [
    h('h4', {}, say(`measure_${state.measure}`), about ? h('span', {}, about) : null),
    openThen(view) ? h('p.moment', {}, openThen(view)) : null,
    h('p.unit', {}, h('span', {}, say(`unit_${state.measure}`)), h('span', {}, say('legend_communities'))),
    h('ul.classes', {},
      ...(result.kinds ?? []).map((kind, place) => (result.counts[place] ? line(h(`i.swatch${kind.stripes ? '.none' : ''}`, { style: kind.stripes ? {} : { background: kind.tone } }), kind.label, result.counts[place]) : null)),
      result.marks?.some(Boolean) ? line(h('i.swatch.marked', { style: { background: '#8a8494' } }), say(`mark_${state.measure}`), result.marks.filter(Boolean).length) : null,
      ...(byKind(state.measure) ? [] : RAMP).map((tone, place) => (labels[place] === null ? null : line(h('i.swatch', { style: { background: tone } }), labels[place], result.counts[place]))),
      result.none ? line(h('i.swatch.none'), service && !service.determined ? say('undetermined') : say('no_value'), result.none) : null,
      result.hidden ? line(h('i.swatch.few'), say('not_public'), result.hidden) : null),
    linkLegend(view),
    reachLegend(view),
    state.sites ? siteLegend(view) : null,
    grownNote(view),
  ];
}

/** Links, while causes are shown. */
function linkLegend({ say, state, model }) {
  const all = state.measure === 'cause' ? model.verdicts?.links.length ?? 0 : 0;
  if (!all) return null;
  const shown = Math.min(all, MOST_LINKS);
  return h('div.legend-reach', {}, h('p.keys', {}, h('span', {}, h('i.link-key'), state.community ? say('legend_links_here') : say('legend_links', { n: shown, all }))));
}

/** Outlines that were not drawn but grown along the streets are no boundaries: said where they are seen. */
function grownNote({ say, model }) {
  const grown = model.communities.filter((own) => own.outline === 'grown').length;
  if (!grown) return null;
  return h('p.legend-note', {}, grown === model.communities.length ? say('outlines_grown') : say('outlines_grown_n', { n: grown }));
}

/** The nested areas, while some are shown. */
function reachLegend({ say, state, model }) {
  const facility = model.facilities.find((own) => own.id === state.facility);
  const key = facility && !facility.services.includes(state.service) ? facility.services[0] : state.service;
  if (!facility && !state.merged) return null;
  const tone = model.serviceOf[key]?.tone ?? '#555555';
  const steps = model.cutoffs.map((n, k) => h('span', {}, h('i', { style: { background: tone, opacity: [0.6, 0.38, 0.2, 0.12][Math.min(k, 3)] } }), say('minutes_short', { n })));
  const delivery = facility?.delivery_radius_m > 0 ? h('p.keys', {}, h('span', {}, h('i.dashed', { style: { color: tone } }), say('legend_delivery', { n: grouped(facility.delivery_radius_m) }))) : null;
  return h('div.legend-reach', {}, h('p', {}, say('legend_reach')), h('p.keys', {}, ...steps), delivery);
}

function siteLegend(view) {
  const { model, state } = view;
  const shown = model.services.filter((service) => service.determined && (state.service === 'all' || service.key === state.service));
  if (!shown.length) return null;
  return h('ul.legend-sites', {}, ...shown.map((service) => h('li', {}, h('span.glyph.small', { style: { '--tone': service.tone } }, service.glyph), local(service, 'title', state.language))),
    model.facilities.some((own) => own.open === false) ? h('li', {}, h('span.glyph.small.closed', {}, '／'), view.say('closed_then')) : null);
}

/** Attribution, review number and the line of law. */
export function footLine(view) {
  const { say, model } = view;
  const { content } = model;
  const credits = content.origins.map((origin) => [origin.attribution, origin.licence && `(${origin.licence})`].filter(Boolean).join(' ')).filter((text) => text && !text.startsWith('('));
  if (content.tiles) credits.push(content.tiles.attribution);
  const review = content.city.review_number ? say('review', { number: content.city.review_number }) : say('review_none');
  const host = content.tiles ? say('tiles_note', { host: new URL(content.tiles.hosts[0]).host }) : null;
  return [...new Set(credits), host, review].filter(Boolean).map((text) => h('span', {}, text)).concat(h('strong', {}, say('internal')));
}
