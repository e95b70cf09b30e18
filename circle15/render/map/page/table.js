/**
 * Tables for spreadsheets: UTF-8 with a mark in front, and no cell that runs as a formula.
 *
 * @import { Cell, Community, Service } from "./content.js"
 * @import { Say } from "./text.js"
 *
 * @typedef {Pick<Community, "id" | "name" | "subdistrict" | "population" | "pop_60plus" | "gap" | "services">} Row
 * @typedef {object} Sheet
 * @property {Row[]} communities
 * @property {Pick<Service, "key" | "determined" | "title_zh" | "title_en">[]} services
 * @property {number} minutes
 * @property {number} cutoff
 * @property {number} fewest the smallest number of people that is published
 * @property {string} note
 * @property {Say} say
 * @property {(item: object) => string} title
 * @property {{label: string, of: (place: number) => string | number}[]} shown columns of what the map shows
 */

import { shareOf } from './figures.js';
import { SUPPRESSED } from './text.js';

/** Spaces and marks that do not show, and then a sign that starts a formula. */
const FORMULA = /^[\s\uFEFF\u200B-\u200F\u202A-\u202E\u2066-\u2069]*[=+\-@＝＋－＠]|^[\t\r\n]/;

/** One cell. Text that a spreadsheet would take for a formula gets an apostrophe. @param {unknown} value */
export function cell(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  if (typeof value === 'number') return String(value);
  const text = String(value).replaceAll('\0', '');
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\n\r;\t]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** Rows as CSV that Excel opens with Chinese intact. @param {unknown[][]} rows */
export function csv(rows) {
  return `\uFEFF${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** @param {Sheet} sheet @param {Sheet["services"]} determined */
function headOf({ say, shown, title, minutes }, determined) {
  const keys = ['csv_rank', 'csv_id', 'csv_name', 'csv_subdistrict', 'population', 'elders', 'index'];
  const columns = ['csv_share', 'csv_uncovered', 'csv_mean', 'csv_p90'];
  return [
    ...keys.map((key) => say(key)),
    ...shown.map((column) => column.label),
    ...determined.flatMap((service) => columns.map((key) => say(key, { service: title(service), n: minutes }))),
    say('csv_note'),
  ];
}

/**
 * The list as it stands: its rows in their order, what is shown and every service at the chosen cut-off.
 *
 * @param {Sheet} sheet
 * @param {number[]} places
 */
export function listRows(sheet, places) {
  const { communities, cutoff, fewest, shown, note } = sheet;
  const determined = sheet.services.filter((service) => service.determined);
  /** A number of people as published: in words where it is unknown or hidden. @param {number | null} value */
  const count = (value) => {
    if (value === null) return sheet.say('unknown');
    return value === SUPPRESSED ? sheet.say('people_few') : value;
  };
  /** @param {Cell | undefined} figures */
  const cells = (figures) => {
    const share = shareOf(figures, cutoff, fewest);
    return [
      share === null ? null : Math.round(share * 100),
      figures?.uncovered ? count(figures.uncovered[cutoff]) : null,
      figures?.mean_min,
      figures?.p90_min,
    ];
  };
  const rows = places.map((place) => {
    const { id, name, subdistrict, population, pop_60plus: elders, gap, services } = communities[place];
    return [
      ...[gap?.rank, id, name, subdistrict, count(population), count(elders), gap?.index],
      ...shown.map((column) => column.of(place)),
      ...determined.flatMap((service) => cells(services[service.key])),
      note,
    ];
  });
  return [headOf(sheet, determined), ...rows];
}
