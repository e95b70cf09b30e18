/**
 * The list as a file for a spreadsheet.
 *
 * @import { Counted } from "./figures.js"
 * @import { View } from "./model.js"
 */
import { kindColumns, shownTitle } from './categories.js';
import { save } from './dom.js';
import { figureOf } from './figures.js';
import { figureText, listed } from './panel.js';
import { csv, listRows } from './table.js';
import { local, openThen } from './text.js';
import { byKind } from './verdicts.js';

/** The column of an amount. @param {View} view */
function amountColumn(view) {
  const { model, state, say, result } = view;
  const { measure } = state;
  const service = model.serviceOf[state.service];
  const timed = measure === 'share' || measure === 'uncovered';
  const label = [
    say(`measure_${measure}`),
    shownTitle(view),
    service ? local(service, 'title', state.language) : '',
    timed ? say('minutes_n', { n: model.cutoffs[state.cutoff] }) : '',
  ];
  return {
    label: label.filter(Boolean).join(' '),
    /** @param {number} place */
    of: (place) => figureText(result.figures[place], measure, view),
  };
}

/**
 * What a scheme changes: the figure today, in the scheme, and the change; which service it is of where all are shown.
 *
 * @param {View} view
 */
function changeColumns(view) {
  const { model, state, say, result } = view;
  const { measure } = state;
  const { label } = amountColumn(view);
  /** @param {number} place */
  const serviceOf = (place) => result.figures[place].service || state.service;
  /** @param {(place: number) => Counted | null | undefined} row @returns {(place: number) => string} */
  const figure = (row) => (place) => {
    const counted = row(place);
    const choice = { ...state, service: serviceOf(place) };
    return counted ? figureText(figureOf(counted, choice, model.fewest), measure, view) : '';
  };
  const several = state.service === 'all' && measure !== 'index';
  /** @param {number} place */
  const named = (place) => {
    const service = model.serviceOf[serviceOf(place)];
    return service ? local(service, 'title', state.language) : '';
  };
  return [
    ...(several ? [{ label: say('service'), of: named }] : []),
    { label: `${label} ${say('scheme_today')}`, of: figure((place) => model.was?.[place]) },
    { label: `${label} ${say('scheme_scheme')}`, of: figure((place) => model.communities[place]) },
    { label: `${label} ${say('scheme_change')}`, of: (/** @type {number} */ place) => changeCell(place, view) },
  ];
}

/** The change of a row, or why there is none. @param {number} place @param {View} view */
function changeCell(place, view) {
  const figure = view.result.figures[place];
  return figure.why ?? figureText(figure, view.state.measure, view);
}

/** Columns of what the map shows. @param {View} view */
function shownColumns(view) {
  const { model, state } = view;
  if (model.was) return changeColumns(view);
  return byKind(state.measure) && model.verdicts ? kindColumns(view) : [amountColumn(view)];
}

/** @param {View} view */
export function saveTable(view) {
  const { model, state, say } = view;
  const { city, before } = model.content;
  const scheme = before ? say('scheme_named', { name: before.scenario.name }) : '';
  const when = state.when ? say(`scheme_legend_${state.when}`) : '';
  const notes = [city.synthetic ? say('synthetic') : '', openThen(view), scheme, when];
  const sheet = {
    communities: model.communities,
    services: model.services,
    minutes: model.cutoffs[state.cutoff],
    cutoff: state.cutoff,
    fewest: model.fewest,
    say,
    note: notes.filter(Boolean).join('; '),
    /** @param {object} item */
    title: (item) => local(item, 'title', state.language),
    shown: shownColumns(view),
  };
  const table = csv(listRows(sheet, listed(view)));
  const name = ['circle15', city.key, state.when, state.measure].filter(Boolean).join('-');
  save(`${name}.csv`, table, 'text/csv;charset=utf-8');
}
