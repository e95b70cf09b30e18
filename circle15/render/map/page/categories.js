/**
 * Colours by kind: verdicts of a clause, how sure a gap is, what is missing, types. None is a step of the ramp.
 *
 * @import { Verdict } from "./content.js"
 * @import { Bare, View } from "./model.js"
 * @import { Figure, KindOf, Result } from "./figures.js"
 *
 * @typedef {Partial<Figure>} Sorted a community's kind: a figure as far as it is known
 * @typedef {{kinds: KindOf[], of: (place: number) => Sorted | null}} Kinds the gravest kind first
 */

import { markedTitle, observedText, requiredText, shortfall } from './clauses.js';
import { drawn, HIDDEN, NONE, tallied, without } from './figures.js';
import { PALETTE } from './palette.js';
import { local } from './text.js';
import { byKind, normsIn, verdictsIn } from './verdicts.js';

/** By the letter of a verdict. @type {Record<string, string>} */
export const VERDICT_TONES = Object.freeze({
  p: PALETTE.verdict.pass,
  f: PALETTE.verdict.fail,
  u: PALETTE.verdict.undetermined,
  s: PALETTE.verdict.shown,
});
/** @type {Record<string, string>} */
export const ROBUST_TONES = PALETTE.robust;
/** @type {Record<string, string>} */
export const CAUSE_TONES = PALETTE.cause;
export const TYPE_TONES = PALETTE.kind;

/** Whether white can be read on a colour. @param {string} tone */
function isDark(tone) {
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(tone.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.25;
}

/** Colour of a verdict, or the grey of what is not judged. @param {Verdict} verdict */
export const verdictTone = (verdict) => VERDICT_TONES[verdict] ?? VERDICT_TONES.u;

/** Colour of a type. @param {number} at */
export const typeTone = (at) => TYPE_TONES[at % TYPE_TONES.length];

/** The clause that is chosen, else the first one that communities are judged by. @param {Bare} view */
export function chosenClause({ state, model }) {
  const { clauses, rows } = normsIn(model);
  const wanted = verdictsIn(model).clauseAt(state.clause);
  if (wanted >= 0 && clauses[wanted].level === 'community') return wanted;
  const telling = rows.findIndex((row, at) => clauses[at].level === 'community' && /[pf]/.test(row.v));
  return telling >= 0 ? telling : clauses.findIndex(({ level }) => level === 'community');
}

/**
 * A service, or the one of which most people go without where all are shown.
 *
 * @param {number} place
 * @param {Bare} view
 * @param {(place: number, service: string) => unknown} known
 */
function serviceOf(place, { model, state }, known) {
  if (state.service !== 'all') return state.service;
  const last = model.cutoffs.length - 1;
  /** @param {string} key */
  const lost = (key) => {
    const cell = model.communities[place].services[key];
    return cell?.uncovered ? drawn(cell.uncovered[last], model.fewest) : 0;
  };
  return model.services
    .map((service) => service.key)
    .filter((key) => known(place, key))
    .reduce((worst, key) => (worst === '' || lost(key) > lost(worst) ? key : worst), '');
}

/** @type {Record<string, number>} */
const WEIGHT = Object.freeze({ f: 2000, u: 1000, s: 500, p: 0 });

/** Verdicts of the chosen clause. @param {Bare} view @returns {Kinds} */
function norm(view) {
  const { model, say } = view;
  const at = chosenClause(view);
  const clause = normsIn(model).clauses[at];
  const kinds = ['f', 'p', 's', 'u'].map((key) => ({
    key,
    label: say(`verdict_${key}`),
    tone: VERDICT_TONES[key],
    stripes: key === 'u',
  }));
  return {
    kinds,
    of(place) {
      const row = verdictsIn(model).ledgerRow(at, place);
      if (row.verdict === 'h') return HIDDEN;
      if (row.verdict === '.') return NONE;
      return {
        key: row.verdict,
        value: WEIGHT[row.verdict] + shortfall(row),
        text: say(`verdict_${row.verdict}`),
        note: observedText(row, view),
        mark: clause.mark !== '' && row.verdict !== 'u',
      };
    },
  };
}

/** How sure a gap is. @param {Bare} view @returns {Kinds} */
function robust({ model, say, state }) {
  const kinds = Object.entries(ROBUST_TONES).map(([key, tone]) => ({
    key,
    label: say(key),
    tone,
    stripes: key === 'undetermined',
  }));
  const keys = state.service === 'all' ? model.services.map((service) => service.key) : [state.service];
  /** @param {number | null} below */
  const least = (below) => below ?? 0;
  return {
    kinds,
    of(place) {
      const rows = keys.flatMap((service) => {
        const row = verdictsIn(model).robust(place, service);
        return row ? [{ service, ...row }] : [];
      });
      if (!rows.length) return null;
      const judged = rows.filter((row) => row.verdict !== 'undetermined');
      const worst = (judged.length ? judged : rows).reduce((a, b) => (least(b.below) > least(a.below) ? b : a));
      const { verdict, below } = worst;
      const note = below === null ? '' : `${below}%`;
      return { key: verdict, value: below ?? -1, text: say(verdict), note, service: worst.service };
    },
  };
}

/** What is missing. @param {Bare} view @returns {Kinds} */
function cause(view) {
  const { model, say, state } = view;
  const order = ['facility', 'mixed', 'link', 'paths', 'gate', 'none'];
  const kinds = order.map((key) => ({ key, label: say(`cause_${key}`), tone: CAUSE_TONES[key] }));
  const last = model.cutoffs.length - 1;
  const { cause: causeOf } = verdictsIn(model);
  return {
    kinds,
    of(place) {
      const { services } = model.communities[place];
      const service = serviceOf(place, view, causeOf);
      const row = service ? causeOf(place, service) : null;
      if (row) {
        const lost = drawn(services[service]?.uncovered?.[last] ?? 0, model.fewest);
        return { key: row.cause, value: lost, text: say(`cause_short_${row.cause}`), service };
      }
      const cells = state.service === 'all' ? Object.values(services) : [services[state.service]];
      return cells.some((cell) => cell?.uncovered) ? { key: 'none', value: 0, text: say('cause_short_none') } : null;
    },
  };
}

/** Kinds of communities. @param {Bare} view @returns {Kinds} */
function type({ model, state }) {
  const { types } = verdictsIn(model);
  if (!types) return { kinds: [], of: () => null };
  const kinds = types.types.map((own, key) => ({
    key,
    label: `${own.id} ${own[state.language]}`,
    tone: typeTone(key),
  }));
  return {
    kinds,
    of(place) {
      const key = types.of[place];
      if (key < 0) return null;
      return { key, value: -key, text: types.types[key].id, mark: types.outliers.includes(place) };
    },
  };
}

const KINDS = Object.freeze({ norm, robust, cause, type });

/**
 * What the map, the list and the legend need for a measure by kind.
 *
 * @param {Bare} view
 * @returns {Result}
 */
export function categorised(view) {
  const { model, state } = view;
  const { kinds, of } =
    model.verdicts && byKind(state.measure)
      ? KINDS[state.measure](view)
      : /** @type {Kinds} */ ({ kinds: [], of: () => null });
  const figures = model.communities.map((community, place) => {
    const sorted = of(place);
    if (!sorted) return without(community);
    return /** @type {Figure} */ ({ kind: 'value', service: '', ...sorted });
  });
  const classes = figures.map(({ kind, key }) => (kind === 'value' ? kinds.findIndex((own) => own.key === key) : -1));
  return {
    figures,
    classes,
    kinds,
    breaks: [],
    dark: classes.map((at) => at >= 0 && isDark(kinds[at].tone)),
    marks: figures.map(({ mark }) => Boolean(mark)),
    ...tallied(figures, classes, kinds.length),
  };
}

/** What is shown, in words: the clause, or the measure. @param {Bare} view */
export function shownTitle(view) {
  const { state, model } = view;
  if (state.measure !== 'norm' || !model.verdicts) return '';
  return markedTitle(normsIn(model).clauses[chosenClause(view)], view);
}

/**
 * Columns of what is shown, for a spreadsheet.
 *
 * @param {View} view
 * @returns {{label: string, of: (place: number) => string | number}[]}
 */
export function kindColumns(view) {
  const { state, model, say, result } = view;
  const { measure, language } = state;
  const service = model.serviceOf[state.service];
  const subject = measure === 'norm' ? shownTitle(view) : service ? local(service, 'title', language) : '';
  /** @param {string} word @param {(place: number) => string | number} of */
  const column = (word, of) => ({
    label: [say(`measure_${measure}`), say(word), subject].filter(Boolean).join(' '),
    of,
  });
  /** @type {Record<string, string>} */
  const absent = { hidden: say('verdict_h'), unknown: say('people_unknown_short') };
  /** @param {number} place */
  const kind = (place) => result.kinds?.[result.classes[place]]?.label ?? absent[result.figures[place].kind] ?? '';
  if (measure === 'norm') {
    const at = chosenClause(view);
    /** @param {number} place */
    const observed = (place) => observedText(verdictsIn(model).ledgerRow(at, place), view);
    const required = requiredText(normsIn(model).clauses[at], say);
    return [column('csv_verdict', kind), column('csv_observed', observed), column('csv_required', () => required)];
  }
  /** @param {number} place */
  const worst = (place) => {
    const key = result.figures[place].service;
    return key ? local(model.serviceOf[key], 'title', language) : '';
  };
  return [
    column('csv_kind', kind),
    ...(service || measure === 'type' ? [] : [column('service', worst)]),
    ...(measure === 'robust' ? [column('csv_below', (place) => result.figures[place].note ?? '')] : []),
  ];
}
