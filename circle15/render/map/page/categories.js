'use strict';
/** Colours by kind: verdicts of a clause, how sure a gap is, what is missing, types. None is a step of the ramp. */
import { LAYER_OF } from "./verdicts.js";
import { SUPPRESSED, local } from "./text.js";
import { drawn } from "./figures.js";
import { observedText, requiredText, shortfall } from "./clauses.js";

/** Light and dark fall apart in each set, so they also read in grey; undetermined is grey and striped, never red. */
export const VERDICT_TONES = Object.freeze({ p: '#8fc7ba', f: '#5e3c99', u: '#efece6', s: '#b9cbe0' });
export const ROBUST_TONES = Object.freeze({ robust_gap: '#4b2a85', likely_gap: '#9a86c4', doubtful: '#d8d0e6', robust_pass: '#8fc7ba', undetermined: '#efece6' });
export const CAUSE_TONES = Object.freeze({ facility: '#3b3f91', link: '#1f8a8a', paths: '#8ecdc8', gate: '#c2a800', mixed: '#a58fb8', none: '#f8f6f1' });
export const TYPE_TONES = Object.freeze(['#44aa99', '#332288', '#ddcc77', '#88ccee', '#aa4499', '#117733', '#999933', '#6699cc']);
const DARK = new Set(['#5e3c99', '#4b2a85', '#3b3f91', '#1f8a8a', '#332288', '#117733', '#aa4499']);

const HIDDEN = Object.freeze({ kind: 'hidden', value: NaN, rough: false, service: '' });
const NONE = Object.freeze({ kind: 'none', value: NaN, rough: false, service: '' });

/** Whether a measure shows kinds and not amounts. @param {string} measure */
export const byKind = (measure) => Object.hasOwn(LAYER_OF, measure);

/** The clause that is chosen, else the first one that communities are judged by. */
export function chosenClause({ state, model }) {
  const { norms, clauseAt } = model.verdicts;
  const wanted = clauseAt(state.clause);
  if (wanted >= 0 && norms.clauses[wanted].level === 'community') return wanted;
  const telling = norms.rows.findIndex((row, k) => norms.clauses[k].level === 'community' && /[pf]/.test(row.v));
  return telling >= 0 ? telling : norms.clauses.findIndex((clause) => clause.level === 'community');
}

/** A service, or the one of which most people go without where all are shown. */
function serviceOf(place, view, known) {
  const { model, state } = view;
  if (state.service !== 'all') return state.service;
  const last = model.cutoffs.length - 1;
  const lost = (key) => { const cell = model.communities[place].services[key]; return cell?.uncovered ? drawn(cell.uncovered[last]) : 0; };
  const keys = model.services.map((service) => service.key).filter((key) => known(place, key));
  return keys.reduce((worst, key) => (worst === '' || lost(key) > lost(worst) ? key : worst), '');
}

/** Kinds of a measure in the order of the legend, the gravest first, and of each community its key, weight and text. */
const KINDS = {
  norm(view) {
    const { model, say } = view;
    const at = chosenClause(view);
    const clause = model.verdicts.norms.clauses[at];
    const kinds = ['f', 'p', 's', 'u'].map((key) => ({ key, label: say(`verdict_${key}`), tone: VERDICT_TONES[key], stripes: key === 'u' }));
    const of = (place) => {
      const row = model.verdicts.ledgerRow(at, place);
      if (row.verdict === 'h') return HIDDEN;
      if (row.verdict === '.') return NONE;
      const weight = { f: 2000, u: 1000, s: 500, p: 0 }[row.verdict] + shortfall(row);
      return { key: row.verdict, value: weight, text: say(`verdict_${row.verdict}`), note: row.observed === null ? '' : observedText(row, view), mark: !clause.verified && row.verdict !== 'u' };
    };
    return { kinds, of };
  },
  robust(view) {
    const { model, say } = view;
    const order = ['robust_gap', 'likely_gap', 'doubtful', 'robust_pass', 'undetermined'];
    const kinds = order.map((key) => ({ key, label: say(key), tone: ROBUST_TONES[key], stripes: key === 'undetermined' }));
    const of = (place) => {
      const keys = view.state.service === 'all' ? model.services.map((service) => service.key) : [view.state.service];
      const found = keys.map((service) => ({ service, ...model.verdicts.robust(place, service) })).filter((one) => one.verdict);
      if (!found.length) return null;
      const judged = found.filter((one) => one.verdict !== 'undetermined');
      const worst = (judged.length ? judged : found).reduce((a, b) => (b.below > a.below ? b : a));
      return { key: worst.verdict, value: worst.below ?? -1, text: say(worst.verdict), note: worst.below === null ? '' : `${worst.below}%`, service: worst.service };
    };
    return { kinds, of };
  },
  cause(view) {
    const { model, say } = view;
    const order = ['facility', 'mixed', 'link', 'paths', 'gate', 'none'];
    const kinds = order.map((key) => ({ key, label: say(`cause_${key}`), tone: CAUSE_TONES[key] }));
    const of = (place) => {
      const service = serviceOf(place, view, model.verdicts.cause);
      const found = service && model.verdicts.cause(place, service);
      const cells = Object.values(model.communities[place].services);
      const judged = view.state.service === 'all' ? cells.some((cell) => cell.uncovered) : model.communities[place].services[view.state.service]?.uncovered;
      if (!found) return judged ? { key: 'none', value: 0, text: say('cause_short_none') } : null;
      const last = model.cutoffs.length - 1;
      return { key: found.cause, value: drawn(model.communities[place].services[service]?.uncovered?.[last] ?? 0), text: say(`cause_short_${found.cause}`), service };
    };
    return { kinds, of };
  },
  type(view) {
    const { model, state } = view;
    const { types } = model.verdicts;
    const kinds = types.types.map((type, k) => ({ key: k, label: `${type.id} ${type[state.language]}`, tone: TYPE_TONES[k % TYPE_TONES.length] }));
    const of = (place) => (types.of[place] < 0 ? null : { key: types.of[place], value: -types.of[place], text: types.types[types.of[place]].id, mark: types.outliers.includes(place) });
    return { kinds, of };
  },
};

/**
 * What the map, the list and the legend need for a measure by kind; of the shape of `classified`.
 *
 * @param {object} view state, model and say
 */
export function categorised(view) {
  const { model, state } = view;
  const ready = Boolean(model.verdicts);
  const { kinds, of } = ready ? KINDS[state.measure](view) : { kinds: [], of: () => null };
  const figures = model.communities.map((own, place) => {
    const found = of(place);
    if (found?.kind) return found;
    if (found) return { kind: 'value', rough: false, service: '', ...found };
    return !own.gap && (own.pop_60plus === SUPPRESSED || own.pop_60plus === 0) ? HIDDEN : NONE;
  });
  const classes = figures.map((figure) => (figure.kind === 'value' ? kinds.findIndex((kind) => kind.key === figure.key) : -1));
  const counts = kinds.map((_, place) => classes.filter((own) => own === place).length);
  return {
    figures, classes, counts, kinds, breaks: [],
    dark: classes.map((own) => own >= 0 && DARK.has(kinds[own].tone)),
    marks: figures.map((figure) => Boolean(figure.mark)),
    hidden: figures.filter((figure) => figure.kind === 'hidden').length,
    none: figures.filter((figure) => figure.kind === 'none').length,
  };
}

/** What is shown, in words: the clause, or the measure. */
export function shownTitle(view) {
  const { state, model, say } = view;
  if (state.measure !== 'norm' || !model.verdicts) return '';
  const clause = model.verdicts.norms.clauses[chosenClause(view)];
  return `${local({ title_zh: clause.zh, title_en: clause.en }, 'title', state.language)}${clause.verified ? '' : ` (${say('indicative')})`}`;
}

/** Columns of what is shown, for a spreadsheet. */
export function kindColumns(view) {
  const { state, model, say, result } = view;
  const service = model.serviceOf[state.service];
  const subject = state.measure === 'norm' ? shownTitle(view) : service ? local(service, 'title', state.language) : '';
  const column = (word, of) => ({ label: [say(`measure_${state.measure}`), say(word), subject].filter(Boolean).join(' '), of });
  const kind = (place) => result.kinds[result.classes[place]]?.label ?? (result.figures[place].kind === 'hidden' ? say('verdict_h') : '');
  if (state.measure === 'norm') {
    const at = chosenClause(view);
    const row = (place) => model.verdicts.ledgerRow(at, place);
    return [column('csv_verdict', kind), column('csv_observed', (place) => (row(place).observed === null ? '' : observedText(row(place), view))), column('csv_required', () => requiredText(model.verdicts.norms.clauses[at], say))];
  }
  const worst = (place) => { const key = result.figures[place].service; return key ? local(model.serviceOf[key], 'title', state.language) : ''; };
  return [column('csv_kind', kind), ...(service || state.measure === 'type' ? [] : [column('service', worst)]), ...(state.measure === 'robust' ? [column('csv_below', (place) => result.figures[place].note ?? '')] : [])];
}
