/**
 * Drawers behind the verdicts: the table of clauses for city and subdistricts, and the list of field checks.
 *
 * @import { Check, Clause, Verdict } from "./content.js"
 * @import { View } from "./model.js"
 * @import { LedgerRow } from "./verdicts.js"
 */

import { bookTitle, markText, observedText, requiredText, sourceText, titleOf } from './clauses.js';
import { h, isTicked } from './dom.js';
import { badge, counted } from './ledger_card.js';
import { dotted, either, grouped, local, tens } from './text.js';
import { normsIn, verdictsIn } from './verdicts.js';

const CHECKED = Object.freeze(['facility', 'path', 'gate', 'join']);

/** A subdistrict's name in the language of the page; "" is the whole city. @param {string} name @param {View} view */
function unitName(name, { model, say, state }) {
  if (name === '') return say('whole_city');
  const community = model.communities.find(({ subdistrict }) => subdistrict === name);
  return (state.language === 'en' && community?.subdistrict_en) || name;
}

/** One line of a table of compliance. @param {string} name @param {LedgerRow[]} rows */
function complianceLine(name, rows) {
  /** @param {Verdict} verdict */
  const count = (verdict) => rows.filter((row) => row.verdict === verdict).length;
  const passed = count('p');
  const judged = passed + count('f');
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, name),
    h('td', {}, judged ? `${passed} / ${judged}` : '–'),
    h('td', {}, judged ? `${Math.round((100 * passed) / judged)}%` : '–'),
    h('td', {}, count('u') || ''),
  );
}

/** Verdicts of the communities of each subdistrict, and of all. @param {number} at @param {View} view */
function compliance(at, view) {
  const { communities } = view.model;
  const { ledgerRow } = verdictsIn(view.model);
  const rows = communities.map(({ subdistrict }, place) => ({ ...ledgerRow(at, place), subdistrict }));
  const judged = rows.filter((row) => row.verdict !== '.');
  const names = [...new Set(communities.map(({ subdistrict }) => subdistrict).filter(Boolean))].sort();
  const head = ['where', 'passed_of', 'rate', 'verdict_u'].map((key) => h('th', { scope: 'col' }, view.say(key)));
  const lines = names.map((name) => {
    const inside = judged.filter(({ subdistrict }) => subdistrict === name);
    return complianceLine(unitName(name, view), inside);
  });
  const whole = complianceLine(unitName('', view), judged);
  return h('table.compliance', {}, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, whole, ...lines));
}

/** What a unit has, and the verdict on it. @param {LedgerRow} row @param {View} view */
const outcome = (row, view) => [observedText(row, view) || '–', badge(row.verdict, row.clause, view.say)];

/**
 * Verdicts on subdistricts or the city themselves: observed against required.
 *
 * @param {"subdistrict" | "city"} level
 * @param {number} at
 * @param {View} view
 */
function higher(level, at, view) {
  const { say, state } = view;
  const { unitsOf, ledgerRow } = verdictsIn(view.model);
  const units = unitsOf(level);
  if (!units.length) return h('p.fine', {}, say('no_subdistricts'));
  const lines = units.map((name, unit) => {
    const row = ledgerRow(at, unit);
    if (row.verdict === '.') return null;
    const [observed, verdict] = outcome(row, view);
    const lacks = row.lacks ? h('p.fine', {}, say('lacks_n', { text: either(...row.lacks, state.language) })) : null;
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, unitName(name, view)),
      h('td', {}, observed),
      h('td', {}, requiredText(row.clause, say) || '–'),
      h('td', {}, verdict, lacks),
    );
  });
  const head = ['where', 'observed', 'required', 'verdict'].map((key) => h('th', { scope: 'col' }, say(key)));
  return h('table.compliance', {}, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...lines));
}

/**
 * The line under a clause's title: of the city its figure against what is required, of smaller units how many comply.
 *
 * @param {Clause} clause
 * @param {number} at
 * @param {View} view
 */
function standingOf(clause, at, view) {
  if (clause.level === 'city') {
    const row = verdictsIn(view.model).ledgerRow(at, 0);
    return row.verdict === '.' ? [] : outcome(row, view);
  }
  const letters = /** @type {Verdict[]} */ ([...normsIn(view.model).rows[at].v]);
  const rows = letters.map((verdict) => ({ verdict }));
  return counted(rows, view.say);
}

/**
 * One clause with its verdicts.
 *
 * @param {Clause} clause
 * @param {number} at
 * @param {View} view
 * @param {{clause: (id: string) => void}} acts
 */
function clauseItem(clause, at, view, acts) {
  const { say, state } = view;
  const required = requiredText(clause, say);
  const about = [say(`level_${clause.level}`), required && say('required_n', { n: required }), markText(clause, say)];
  const title = h('b', {}, titleOf(clause, state.language));
  const onclick = () => acts.clause(clause.id);
  const source = h('p.fine', {}, sourceText(clause, view), ` · ${say('grade_n', { grade: clause.grade })}`);
  const tables =
    clause.level === 'community'
      ? [compliance(at, view), h('button.quiet', { type: 'button', onclick }, say('clause_on_map'))]
      : [higher(clause.level, at, view)];
  const summary = h(
    'summary',
    {},
    title,
    h('small', {}, dotted(about)),
    h('span.tally', {}, ...standingOf(clause, at, view)),
  );
  return h('details.clause-item', { 'data-clause': clause.id }, summary, source, ...tables);
}

/**
 * Every clause with the verdicts of the city and its subdistricts.
 *
 * @param {View} view
 * @param {{clause: (id: string) => void}} acts
 */
export function clausesDrawer(view, acts) {
  const { books, clauses } = normsIn(view.model);
  const chapters = books.flatMap((book, place) => [
    h('h3', {}, bookTitle(book, view.state.language)),
    ...clauses.flatMap((clause, at) => (clause.book === place ? [clauseItem(clause, at, view, acts)] : [])),
  ]);
  return [h('p.muted', {}, view.say('clauses_intro')), ...chapters];
}

/** Names of the communities that a check concerns. @param {Check} check @param {View} view */
function concerned({ communities }, { model, say, state }) {
  if (!communities) return '';
  const titles = new Map(model.communities.map((own) => [own.name, local(own, 'name', state.language)]));
  const names = communities.split(';').map((name) => titles.get(name.trim()) ?? name.trim());
  return ` · ${names.join(say('comma'))}`;
}

/** @param {Check} check @param {number} place @param {View} view @param {{check: (place: number) => void}} acts */
function checkItem(check, place, view, acts) {
  const { model, say, state } = view;
  const site = model.facilities.find(({ id }) => id === check.target_id);
  const name = local(site ?? {}, 'name', state.language) || check.name;
  const kind = CHECKED.includes(check.kind) ? check.kind : 'path';
  const flips = say('check_flips', { n: check.flips, people: tens(check.people, say) });
  return h(
    'li.check',
    {},
    h('span.check-rank', {}, place + 1),
    h(
      'div',
      {},
      name ? h('b', {}, name) : null,
      h('span.tag.plain', {}, say(`check_${kind}`)),
      h('p', {}, either(check.question_zh, check.question_en, state.language) || check.question_zh),
      h('p.fine', {}, flips, concerned(check, view)),
      h('button.link', { type: 'button', onclick: () => acts.check(place) }, say('check_show')),
    ),
  );
}

/**
 * What to look at in the field, the most telling first.
 *
 * @param {View} view
 * @param {{check: (place: number) => void, checks: (on: boolean) => void}} acts
 */
export function checksDrawer(view, acts) {
  const { model, say, state } = view;
  const { checks, draws, assumptions } = verdictsIn(model);
  const { all, list } = checks;
  const box = h('input', {
    type: 'checkbox',
    checked: state.checks,
    'data-layer': 'checks',
    onchange: (event) => acts.checks(isTicked(event)),
  });
  const rest = all > list.length ? say('checks_more', { n: grouped(list.length), all: grouped(all) }) : '';
  return [
    h('p.muted', {}, say('checks_intro', { n: draws })),
    h('label.check-marks', {}, box, say('checks_mark')),
    rest ? h('p.fine', {}, rest) : null,
    h('ol.checks', {}, ...list.map((check, place) => checkItem(check, place, view, acts))),
    assumptions.length ? h('h3', {}, say('assumptions')) : null,
    h('ul.points', {}, ...assumptions.map(([zh, en]) => h('li', {}, either(zh, en, state.language)))),
  ];
}
