'use strict';
/** Drawers behind the verdicts: the table of clauses for city and subdistricts, and the list of field checks. */
import { h } from "./dom.js";
import { grouped, local, tens } from "./text.js";
import { observedText, requiredText, sourceText, titleOf } from "./clauses.js";
import { badge, tally } from "./ledger_card.js";

/** Verdicts of the communities of each subdistrict, and of all. */
function compliance(at, view) {
  const { model, say, state } = view;
  const rows = model.communities.map((own, place) => ({ ...model.verdicts.ledgerRow(at, place), own }));
  const line = (name, mine) => {
    const passed = mine.filter((row) => row.verdict === 'p').length;
    const judged = passed + mine.filter((row) => row.verdict === 'f').length;
    return h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, judged ? `${passed} / ${judged}` : '–'), h('td', {}, judged ? `${Math.round((100 * passed) / judged)}%` : '–'), h('td', {}, mine.filter((row) => row.verdict === 'u').length || ''));
  };
  const names = [...new Set(rows.map((row) => row.own.subdistrict).filter(Boolean))].sort();
  const titleOfPlace = (name) => (state.language === 'en' && rows.find((row) => row.own.subdistrict === name)?.own.subdistrict_en) || name;
  const there = rows.filter((row) => row.verdict !== '.');
  return h('table.compliance', {}, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, say('where')), h('th', { scope: 'col' }, say('passed_of')), h('th', { scope: 'col' }, say('rate')), h('th', { scope: 'col' }, say('verdict_u')))),
    h('tbody', {}, line(say('whole_city'), there), ...names.map((name) => line(titleOfPlace(name), there.filter((row) => row.own.subdistrict === name)))));
}

/** Verdicts on subdistricts or the city themselves. */
function higher(clause, at, view) {
  const { model, say, state } = view;
  const units = model.verdicts.unitsOf(clause.level);
  const titled = (name) => (name === '' ? say('whole_city') : (state.language === 'en' && model.communities.find((own) => own.subdistrict === name)?.subdistrict_en) || name);
  const rows = units.map((name, unit) => ({ name, ...model.verdicts.ledgerRow(at, unit) })).filter((row) => row.verdict !== '.');
  return h('table.compliance', {}, h('tbody', {}, ...rows.map((row) => h('tr', {}, h('th', { scope: 'row' }, titled(row.name)), h('td', {}, observedText(row, view)), h('td', {}, badge(row.verdict, clause, say))))));
}

/** Every clause with the verdicts of the city and its subdistricts. */
export function clausesDrawer(view, acts) {
  const { model, say, state } = view;
  const { norms } = model.verdicts;
  const item = (clause, at) => {
    const mine = norms.rows[at].v;
    const rows = [...mine].map((verdict) => ({ verdict, clause }));
    return h('details.clause-item', { 'data-clause': clause.id },
      h('summary', {}, h('b', {}, titleOf(clause, state.language)), h('small', {}, [say(`level_${clause.level}`), requiredText(clause, say), clause.verified ? '' : say('indicative')].filter(Boolean).join(' · ')), h('span.tally', {}, ...tally(rows, say))),
      h('p.fine', {}, sourceText(clause, view), ` · ${say('grade_n', { grade: clause.grade })}`),
      clause.level === 'community' ? compliance(at, view) : higher(clause, at, view),
      clause.level === 'community' ? h('button.quiet', { type: 'button', onclick: () => acts.clause(clause.id) }, say('clause_on_map')) : null);
  };
  return [h('p.muted', {}, say('clauses_intro')), ...norms.books.flatMap(([, zh, en], book) => [
    h('h3', {}, state.language === 'en' ? en : zh),
    ...norms.clauses.flatMap((clause, at) => (clause.book === book ? [item(clause, at)] : []))])];
}

/** What to look at in the field, the most telling first. */
export function checksDrawer(view, acts) {
  const { model, say, state } = view;
  const { all, list } = model.verdicts.checks;
  const named = (check) => local(model.facilities.find((own) => own.id === check.target_id) ?? {}, 'name', state.language) || check.name;
  const titles = new Map(model.communities.map((own) => [own.name, local(own, 'name', state.language)]));
  const concerned = (check) => check.communities.split(';').map((name) => titles.get(name.trim()) ?? name.trim()).join(say('comma'));
  const item = (check, place) => h('li.check', {},
    h('span.check-rank', {}, place + 1),
    h('div', {},
      named(check) ? h('b', {}, named(check)) : null, h('span.tag.plain', {}, say(`check_${['facility', 'path', 'gate'].includes(check.kind) ? check.kind : 'path'}`)),
      h('p', {}, (state.language === 'en' ? check.question_en : check.question_zh) || check.question_zh),
      h('p.fine', {}, say('check_flips', { n: check.flips, people: tens(check.people, say) }), check.communities ? ` · ${concerned(check)}` : ''),
      h('button.link', { type: 'button', onclick: () => acts.check(place) }, say('check_show'))));
  return [
    h('p.muted', {}, say('checks_intro', { n: model.verdicts.draws })),
    h('label.check-marks', {}, h('input', { type: 'checkbox', checked: state.checks, 'data-layer': 'checks', onchange: (event) => acts.checks(event.target.checked) }), say('checks_mark')),
    all > list.length ? h('p.fine', {}, say('checks_more', { n: grouped(list.length), all: grouped(all) })) : null,
    h('ol.checks', {}, ...list.map(item)),
    model.verdicts.assumptions.length ? h('h3', {}, say('assumptions')) : null,
    h('ul.points', {}, ...model.verdicts.assumptions.map(([zh, en]) => h('li', {}, state.language === 'en' ? en : zh))),
  ];
}
