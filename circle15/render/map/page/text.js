'use strict';
/**
 * Words, numbers and people, as they are shown.
 *
 * @typedef {"zh" | "en"} Language
 * @typedef {Object<string, {zh: string, en: string}>} Words
 */

/** Counts of one to nine people stand in the payload as this. */
export const SUPPRESSED = -1;

/**
 * A function that says a phrase with its values filled in.
 *
 * @param {Words} words @param {Language} language
 * @returns {(key: string, values?: Object<string, string | number>) => string}
 */
export function speaker(words, language) {
  return (key, values = {}) => {
    if (!Object.hasOwn(words, key)) throw new Error(`no phrase ${key}`);
    return words[key][language].replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
  };
}

/** 12345 as 12,345. @param {number} value */
export function grouped(value) {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A share of one as a whole percentage; "100%" and "0%" only where nothing is missing. @param {number | null} share */
export function percent(share) {
  if (share === null || Number.isNaN(share)) return '–';
  if (share > 0 && share < 0.005) return '<1%';
  if (share < 1 && share >= 0.995) return '>99%';
  return `${Math.round(share * 100)}%`;
}

/** People as published. @param {number | null} count @param {boolean} rough @param {ReturnType<typeof speaker>} say */
export function people(count, rough, say) {
  if (count === null) return '–';
  if (count === SUPPRESSED) return say('people_few');
  return rough && count > 0 ? say('people_about', { n: grouped(count) }) : grouped(count);
}

/** Tens of people before a word that already says that they are people. @param {number} count @param {ReturnType<typeof speaker>} say */
export const tens = (count, say) => (count === SUPPRESSED ? say('few_bare') : people(count, true, say));

/** One decimal for minutes. @param {number | null} value */
export function minutes(value) {
  return value === null ? '–' : value.toFixed(1);
}

/** The wanted language's text, or the other one's where it is empty. @param {object} item @param {string} key @param {Language} language */
export function local(item, key, language) {
  const zh = key === 'name' ? item.name : item[`${key}_zh`] ?? item[key];
  return (language === 'en' ? item[`${key}_en`] || zh : zh || item[`${key}_en`]) || '';
}

const HOURS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su', 'PH', 'SH', '24/7', 'off', 'closed'];

/** Hours in OpenStreetMap's syntax with its words said in another language. @param {string} written @param {string[]} words as HOURS, and the one for "to" */
export function spokenHours(written, words) {
  const said = written.replace(/24\/7|[A-Za-z]+/g, (word) => words[HOURS.indexOf(word)] ?? word);
  const days = words.slice(0, 7).join('|');
  return said.replace(new RegExp(`(${days})-(${days})`, 'g'), `$1${words[HOURS.length]}$2`);
}

/** "open at We 11:30", or nothing where the page is of any time. @param {object} view */
export function openThen({ say, model, state }) {
  const moment = model.content.open_at;
  return moment ? say('open_at', { moment: moment[state.language] }) : '';
}

/** Names for sorting and searching, without case and width. @param {string} text */
export function folded(text) {
  return text.normalize('NFKC').toLocaleLowerCase();
}
