/**
 * Words, numbers and people, as they are shown.
 *
 * @import { Content, Language, Words } from "./content.js"
 * @typedef {(key: string, values?: Record<string, string | number>) => string} Say
 */

/** Counts of parts of a community stand in the payload in steps of these. */
const STEP = 10;
/** Counts of one to nine people stand in the payload as this. */
export const SUPPRESSED = -1;

/** `{n}` is a value, `{n:community|communities}` what stands beside one and beside any other number. */
const FILLED = /\{(\w+)(?::([^|{}]*)\|([^{}]*))?\}/g;

/**
 * A function that says a phrase with its values filled in.
 *
 * @param {Words} words
 * @param {Language} language
 * @returns {Say}
 */
export function speaker(words, language) {
  return (key, values = {}) => {
    if (!Object.hasOwn(words, key)) throw new Error(`no phrase ${key}`);
    return words[key][language].replace(FILLED, (whole, name, one, many) => {
      if (!Object.hasOwn(values, name)) return whole;
      const value = String(values[name]);
      return one === undefined ? value : value === '1' ? one : many;
    });
  };
}

/** Chinese or English of a pair. @param {string} zh @param {string} en @param {Language} language */
export const either = (zh, en, language) => (language === 'en' ? en : zh);

/** Members of a list in a sentence. @param {(string | number)[]} members @param {Language} language */
export const inSeries = (members, language) => members.join(either('、', ', ', language));

/** What is not empty, with dots between. @param {(string | number | null | undefined)[]} pieces */
export const dotted = (pieces) => pieces.filter(Boolean).join(' · ');

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

/** A share that is made of tens. @param {number | null} share */
export const about = (share) => `${share !== null && share > 0 && share < 1 ? '≈' : ''}${percent(share)}`;

/**
 * People as published; tens are about so many, and what is none of these is all of a community.
 *
 * @param {number | null} count
 * @param {boolean} rough
 * @param {Say} say
 */
export function people(count, rough, say) {
  if (count === null) return '–';
  if (count === SUPPRESSED) return say('people_few');
  return rough && count > 0 && count % STEP === 0 ? say('people_about', { n: grouped(count) }) : grouped(count);
}

/** Tens of people before a word that already says that they are people. @param {number} count @param {Say} say */
export const tens = (count, say) => (count === SUPPRESSED ? say('few_bare') : people(count, true, say));

/** One decimal for minutes. @param {number | null} value */
export function minutes(value) {
  return value === null ? '–' : value.toFixed(1);
}

/**
 * The wanted language's text, or the other one's where it is empty.
 *
 * @param {object} item with `key_zh` and `key_en`; a name's Chinese is `name`
 * @param {string} key
 * @param {Language} language
 */
export function local(item, key, language) {
  const texts = /** @type {Record<string, string | undefined>} */ (item);
  const zh = key === 'name' ? texts.name : (texts[`${key}_zh`] ?? texts[key]);
  return (language === 'en' ? texts[`${key}_en`] || zh : zh || texts[`${key}_en`]) || '';
}

const HOURS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su', 'PH', 'SH', '24/7', 'off', 'closed'];

/**
 * Hours in OpenStreetMap's syntax with its words said in another language.
 *
 * @param {string} written
 * @param {string[]} words as HOURS, and the one for "to"
 */
export function spokenHours(written, words) {
  const spoken = written.replace(/24\/7|[A-Za-z]+/g, (word) => words[HOURS.indexOf(word)] ?? word);
  const days = words.slice(0, 7).join('|');
  return spoken.replace(new RegExp(`(${days})-(${days})`, 'g'), `$1${words[HOURS.length]}$2`);
}

/**
 * "open at We 11:30", or nothing where the page is of any time.
 *
 * @param {{say: Say, model: {content: Pick<Content, "open_at">}, state: {language: Language}}} view
 */
export function openThen({ say, model, state }) {
  const moment = model.content.open_at;
  return moment ? say('open_at', { moment: moment[state.language] }) : '';
}

/** Names for sorting and searching, without case and width. @param {string} text */
export function folded(text) {
  return text.normalize('NFKC').toLocaleLowerCase();
}
