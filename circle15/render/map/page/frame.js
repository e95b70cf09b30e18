/**
 * The page around the map: its parts, how they answer to size, keys and paper, and the switches of layers.
 *
 * @import { Acts } from "./actions.js"
 * @import { Attributes } from "./dom.js"
 * @import { Model, View } from "./model.js"
 * @import { State } from "./state.js"
 *
 * @typedef {ReturnType<typeof frameOf>} Frame
 * @typedef {"peek" | "half" | "full"} SheetPosition of the panel on a phone
 * @typedef {"areas" | "sites" | "merged" | "names" | "marks"} Switch
 */
import { drawTile } from './basemap.js';
import { h, isTicked, target } from './dom.js';
import { tileLayer } from './tiles.js';

/** @param {string} name @param {string} [tag] @param {Attributes} [attributes] */
const part = (name, tag = 'div', attributes = {}) => h(`${tag}.${name}`, attributes);

/** The page's frame around the map. @param {HTMLElement} box the map's */
export function frameOf(box) {
  const parts = {
    head: part('head', 'header'),
    scheme: part('scheme', 'div', { 'data-keep': '' }),
    banner: part('banner-place'),
    choices: part('choices', 'div', { 'data-keep': '' }),
    summary: part('summary', 'p', { 'aria-live': 'polite' }),
    finder: part('finder'),
    listHead: part('list-head'),
    list: part('list', 'ol'),
    card: part('card', 'section', { 'aria-live': 'polite', hidden: true }),
    foot: part('foot', 'nav'),
    legend: part('legend', 'aside'),
    layers: part('layers', 'aside'),
    footLine: part('foot-line', 'footer'),
    drawer: part('drawer', 'section', { hidden: true, role: 'dialog' }),
    printHead: part('print-head', 'header'),
    mapBox: part('map-box', 'main'),
    grip: h('button.grip', { type: 'button', 'aria-label': '▲▼' }),
  };
  const browse = h('div.browse', {}, parts.choices, parts.summary, parts.finder, parts.listHead, parts.list);
  const scroll = h('div.scroll', {}, browse, parts.card);
  const panel = h('div.panel', {}, parts.grip, parts.head, parts.scheme, parts.banner, scroll, parts.foot);
  parts.mapBox.append(box, parts.legend, parts.layers, parts.footLine);
  const page = h('div.page', { 'data-sheet': 'peek' }, parts.printHead, panel, parts.mapBox, parts.drawer);
  return { ...parts, browse, scroll, panel, page };
}

/** Bounds of all communities. @param {Model} model */
export const wholeOf = ({ content }) => {
  const [west, south, east, north] = content.bounds;
  return L.latLngBounds([south, west], [north, east]);
};

/**
 * What is drawn around a chosen facility: where one can walk to it from, and its delivery.
 *
 * @param {Model} model
 * @param {number} at
 */
export function siteBounds({ facilities, reach, cutoffs }, at) {
  const { lat, lon, delivery_radius_m: radius } = facilities[at];
  const farthest = reach[(at + 1) * cutoffs.length - 1];
  const bounds = farthest ? L.latLngBounds(farthest.flat(2)) : null;
  if (!radius || radius <= 0) return bounds;
  const circle = L.latLng(lat, lon).toBounds(2 * radius);
  return bounds ? bounds.extend(circle) : circle;
}

/**
 * The map's base, its controls, and what windows and printers do to it.
 *
 * @param {L.Map} map
 * @param {Model} model
 * @param {{layer: L.Layer, redraw: () => void}} names
 * @param {Frame} frame
 * @param {Acts} acts
 */
export function setUpMap(map, model, names, frame, acts) {
  map.attributionControl?.remove();
  map.options.zoomSnap = 0.25;
  map.options.zoomDelta = 0.75;
  const { tiles } = model.content;
  if (tiles) for (const url of tiles.layers) L.tileLayer(url, { maxZoom: tiles.max_zoom, attribution: '' }).addTo(map);
  else tileLayer((ctx, tile) => drawTile(ctx, model.world, tile)).addTo(map);
  names.layer.addTo(map);
  L.control.scale({ imperial: false, position: 'bottomleft', maxWidth: 120 }).addTo(map);
  map.on('click', () => acts.back());
  map.setMaxBounds(wholeOf(model).pad(1.2));
  map.invalidateSize({ pan: false });
  acts.whole(false); // a view must be set before layers are added
  frame.page.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    if (!frame.drawer.hidden) frame.drawer.hidden = true;
    else acts.back();
  });
  answerToSheet(frame, acts);
  answerToPrinter(map, names, frame, acts);
  answerToSize(map, frame, acts);
}

/**
 * A printed page has another size than the window: measure again before and after. Every layer is drawn at once when
 * a move ends, so the printer need not wait.
 *
 * @param {L.Map} map
 * @param {{redraw: () => void}} names
 * @param {Frame} frame
 * @param {Acts} acts
 */
function answerToPrinter(map, names, frame, acts) {
  /** @param {boolean} printing */
  const measure = (printing) => {
    frame.page.classList.toggle('printing', printing);
    map.invalidateSize({ pan: false, animate: false });
    acts.whole(false);
  };
  window.addEventListener('beforeprint', () => {
    measure(true);
    names.redraw();
  });
  window.addEventListener('afterprint', () => measure(false));
}

/**
 * As long as the reader has not moved the map it keeps showing the whole area, whatever the window does.
 *
 * @param {L.Map} map
 * @param {Frame} frame
 * @param {Acts} acts
 */
function answerToSize(map, frame, acts) {
  let moved = false;
  const touch = () => {
    moved = true;
  };
  for (const kind of ['pointerdown', 'wheel', 'keydown']) frame.page.addEventListener(kind, touch, { passive: true });
  const resized = () => {
    if (frame.page.classList.contains('printing')) return;
    map.invalidateSize({ animate: false });
    if (!moved) acts.arrive();
  };
  if (window.ResizeObserver) new ResizeObserver(resized).observe(frame.mapBox);
}

/** @type {SheetPosition[]} */
const SHEET = ['peek', 'half', 'full'];

/**
 * On a phone the panel is a sheet that is pulled up and down, or stepped through.
 *
 * @param {Frame} frame
 * @param {Acts} acts
 */
function answerToSheet(frame, acts) {
  const now = () => SHEET.indexOf(/** @type {SheetPosition} */ (frame.page.dataset.sheet));
  frame.grip.addEventListener('click', () => acts.sheet(SHEET[(now() + 1) % SHEET.length]));
  /** @type {number | null} */
  let from = null;
  /** @param {PointerEvent} event */
  const grab = (event) => {
    from = event.clientY;
  };
  /** @param {PointerEvent} event */
  const drop = (event) => {
    if (from === null) return;
    const down = event.clientY - from;
    from = null;
    if (Math.abs(down) < 24) return;
    acts.sheet(SHEET[Math.max(0, Math.min(2, now() + (down < 0 ? 1 : -1)))]);
  };
  for (const handle of [frame.grip, frame.head]) {
    handle.addEventListener('pointerdown', grab);
    handle.addEventListener('pointerup', drop);
  }
}

/** Zoom and layers. @param {View} view @param {(patch: Partial<State>) => void} set @param {Acts} acts */
export function layerSwitches({ say, state, model }, set, acts) {
  /** @param {Switch} key @param {boolean} [disabled] @param {string} [title] */
  const box = (key, disabled = false, title = undefined) => {
    const attributes = {
      type: 'checkbox',
      checked: state[key] && !disabled,
      disabled,
      'data-layer': key,
      onchange: (/** @type {Event} */ event) => set({ [key]: isTicked(event) }),
    };
    return h('label', { title }, h('input', attributes), say(key === 'marks' ? 'scheme_marks' : `layer_${key}`));
  };
  /** @param {string} tag @param {string} phrase @param {string} sign @param {(event: Event) => void} onclick */
  const button = (tag, phrase, sign, onclick) =>
    h(tag, { type: 'button', title: say(phrase), 'aria-label': say(phrase), onclick }, sign);
  const unready = !model.serviceOf[state.service]?.determined || !model.merged.length;
  return [
    h(
      'div.zooms',
      {},
      button('button', 'zoom_in', '+', () => acts.zoom(1)),
      button('button', 'zoom_out', '−', () => acts.zoom(-1)),
      button('button.fold', 'layers', '≡', (event) => target(event).closest('.layers')?.classList.toggle('open')),
      button('button.whole', 'whole', '⤢', () => acts.whole()),
    ),
    h(
      'fieldset',
      {},
      h('legend', {}, say('layers')),
      box('areas'),
      box('sites'),
      box('merged', unready, unready ? say('merged_needs_service') : undefined),
      box('names'),
      model.content.before ? box('marks') : null,
    ),
  ];
}
