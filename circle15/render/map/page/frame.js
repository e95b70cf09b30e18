'use strict';
/** The page around the map: its parts, how they answer to size, keys and paper, and the switches of layers. */
import { h } from "./dom.js";
import { basemapLayer } from "./basemap.js";

/** The page's frame around the map. */
export function frameOf(box) {
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

/** Bounds of all communities. */
export const wholeOf = (model) => {
  const [west, south, east, north] = model.content.bounds;
  return L.latLngBounds([south, west], [north, east]);
};

/** What is drawn around a chosen facility: where one can walk to it from, and its delivery. */
export function siteBounds(model, at) {
  const own = model.facilities[at];
  const last = model.reach[(at + 1) * model.cutoffs.length - 1];
  const bounds = last ? L.latLngBounds(last.flat(2)) : null;
  if (!(own.delivery_radius_m > 0)) return bounds;
  const circle = L.latLng(own.lat, own.lon).toBounds(2 * own.delivery_radius_m);
  return bounds ? bounds.extend(circle) : circle;
}

/** The map's base, its controls, and what windows and printers do to it. */
export function setUpMap(map, model, labels, frame, acts) {
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

/** Zoom and layers. */
export function layerSwitches(view, set, acts) {
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
