/**
 * The list as a file for a spreadsheet.
 *
 * @import { View } from "./model.js"
 */
import { kindColumns, shownTitle } from './categories.js';
import { save } from './dom.js';
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

/** @param {View} view */
export function saveTable(view) {
  const { model, state, say } = view;
  const { city } = model.content;
  const notes = [city.synthetic ? say('synthetic') : '', openThen(view)];
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
    shown: byKind(state.measure) && model.verdicts ? kindColumns(view) : [amountColumn(view)],
  };
  const table = csv(listRows(sheet, listed(view)));
  save(`circle15-${city.key}-${state.measure}.csv`, table, 'text/csv;charset=utf-8');
}
