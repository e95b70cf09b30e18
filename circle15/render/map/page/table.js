'use strict';
/** Tables for spreadsheets: UTF-8 with a mark in front, and no cell that runs as a formula. */
import { SUPPRESSED, people } from "./text.js";
import { shareOf } from "./figures.js";

/** One cell. Text that a spreadsheet would take for a formula gets an apostrophe. @param {unknown} value */
export function cell(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  if (typeof value === 'number') return String(value);
  const text = String(value).replace(/\u0000/g, '');
  const safe = /^[\s\uFEFF\u200B-\u200F\u202A-\u202E\u2066-\u2069]*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\n\r;\t]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** Rows as CSV that Excel opens with Chinese intact. @param {unknown[][]} rows */
export function csv(rows) {
  return `\uFEFF${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

/**
 * The list as it stands: its rows in their order, what is shown and every service at the chosen cut-off.
 *
 * @param {{communities: object[], services: object[], minutes: number, cutoff: number, note: string,
 *   say: (key: string, values?: object) => string, title: (item: object) => string,
 *   shown: {label: string, of: (place: number) => string | number}[]}} view
 * @param {number[]} places
 */
export function listRows(view, places) {
  const { say } = view;
  const determined = view.services.filter((service) => service.determined);
  const head = ['csv_rank', 'csv_id', 'csv_name', 'csv_subdistrict', 'population', 'elders', 'index'].map((key) => say(key));
  head.push(...view.shown.map((column) => column.label));
  for (const service of determined) {
    const values = { service: view.title(service), n: view.minutes };
    head.push(...['csv_share', 'csv_uncovered', 'csv_mean', 'csv_p90'].map((key) => say(key, values)));
  }
  head.push(say('csv_note'));
  const count = (value, rough) => (value === SUPPRESSED || rough ? people(value, rough, say) : value);
  const rows = places.map((place) => {
    const own = view.communities[place];
    const row = [own.gap?.rank, own.id, own.name, own.subdistrict, count(own.population, false), count(own.pop_60plus, false)];
    row.push(own.gap?.index, ...view.shown.map((column) => column.of(place)));
    for (const service of determined) {
      const found = own.services[service.key];
      const share = shareOf(found, view.cutoff);
      row.push(share === null ? null : Math.round(share * 100), found?.uncovered ? count(found.uncovered[view.cutoff], found.rough) : null);
      row.push(found?.mean_min, found?.p90_min);
    }
    return [...row, view.note];
  });
  return [head, ...rows];
}
