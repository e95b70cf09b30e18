/**
 * What a scheme changes, from published figures of both: by community, the class of the change and its colour.
 *
 * @import { Cell, Was } from "./content.js"
 * @import { Figure, Result } from "./figures.js"
 * @import { Bare } from "./model.js"
 * @import { Amount, State } from "./state.js"
 * @import { Say } from "./text.js"
 */
import { drawn, HIDDEN, isHidden, isUnknown, NONE, shareOf, tallied, UNKNOWN } from './figures.js';
import { PALETTE } from './palette.js';
import { grouped } from './text.js';

/** From much better to much worse; the middle is no change. */
export const CHANGES = PALETTE.change;
const SAME = 3;
/** Less than this is no change but how fractions are kept. */
const NOTHING = 1e-9;

/** @typedef {Pick<State, "measure" | "service" | "cutoff">} Asked */

/**
 * A cell's number for a measure, or null where it has none.
 *
 * @param {Cell | undefined} cell
 * @param {Asked} asked
 * @param {number} fewest
 */
function numberOf(cell, { measure, cutoff }, fewest) {
  if (measure === 'minutes') return cell?.mean_min ?? null;
  if (measure === 'share') return shareOf(cell, cutoff, fewest);
  return cell?.uncovered ? drawn(cell.uncovered[cutoff], fewest) : null;
}

/**
 * By how much a cell is greater in the scheme than today; null where one of them has no number.
 *
 * @param {Cell | undefined} was
 * @param {Cell | undefined} cell
 * @param {Asked} asked
 * @param {number} fewest
 */
export function difference(was, cell, asked, fewest) {
  const [old, now] = [was, cell].map((one) => numberOf(one, asked, fewest));
  if (old === null || now === null) return null;
  return Math.abs(now - old) < NOTHING ? 0 : now - old;
}

/**
 * Two upper ends of small and middling changes.
 *
 * @param {Amount} measure
 * @param {number} most the greatest change of any community
 * @returns {[number, number]}
 */
export function endsOf(measure, most) {
  if (measure === 'index') return [5, 15];
  if (measure === 'share') return [0.05, 0.2];
  if (measure === 'minutes') return [2, 5];
  const unit = [500, 250, 100, 50, 25, 10].find((step) => step * 4 <= most) ?? 10;
  return [unit, unit * 4];
}

/**
 * Class of a change: 0 much better, 3 none, 6 much worse.
 *
 * @param {Amount} measure
 * @param {number} change
 * @param {[number, number]} ends
 */
export function changeClass(measure, change, ends) {
  const worse = measure === 'share' ? -change : change;
  const size = Math.abs(worse);
  const step = size === 0 ? 0 : size <= ends[0] + NOTHING ? 1 : size <= ends[1] + NOTHING ? 2 : 3;
  return SAME + Math.sign(worse) * step;
}

/** A change as text, with its sign. @param {Amount} measure @param {number} change @param {number} fewest */
export function changeText(measure, change, fewest) {
  if (change === 0) return '0';
  const sign = change > 0 ? '+' : '−';
  const size = Math.abs(change);
  if (measure === 'share') return `${sign}${size < 0.005 ? '<1' : Math.round(size * 100)}`;
  if (measure === 'uncovered' && size < fewest) return `${sign}<${fewest}`;
  return `${sign}${grouped(size)}`;
}

/**
 * What the classes are called.
 *
 * @param {Amount} measure
 * @param {[number, number]} ends
 * @param {Say} say
 */
function labelsOf(measure, [small, middling], say) {
  /** @param {number} end */
  const text = (end) => (measure === 'share' ? String(Math.round(end * 100)) : grouped(end));
  const sizes = [`> ${text(middling)}`, `≤ ${text(middling)}`, `≤ ${text(small)}`];
  return [
    ...sizes.map((size) => say('scheme_better', { size })),
    say('scheme_same'),
    ...sizes.reverse().map((size) => say('scheme_worse', { size })),
  ];
}

/**
 * The change of a community, of all services that of the one that changes most.
 *
 * @param {number} place
 * @param {Bare} view
 * @returns {{change: number, service: string} | null}
 */
function changeOf(place, { model, state }) {
  const community = model.communities[place];
  const was = /** @type {Was} */ (model.was?.[place]);
  if (state.measure === 'index') {
    const [old, now] = [was.gap?.index ?? null, community.gap?.index ?? null];
    return old === null || now === null ? null : { change: now - old, service: '' };
  }
  const keys = state.service === 'all' ? model.services.map(({ key }) => key) : [state.service];
  return keys
    .flatMap((service) => {
      const change = difference(was.services[service], community.services[service], state, model.fewest);
      return change === null ? [] : [{ change, service }];
    })
    .reduce(
      (most, next) => (most && Math.abs(most.change) >= Math.abs(next.change) ? most : next),
      /** @type {{change: number, service: string} | null} */ (null),
    );
}

/**
 * Why a community has no change, where it has none.
 *
 * @param {number} place
 * @param {Bare} view
 * @returns {Figure | null}
 */
function without(place, { model, say }) {
  const [community, was] = [model.communities[place], model.was?.[place]];
  if (!was) return { ...NONE, why: say('scheme_redrawn') };
  if (isUnknown(community) || isUnknown(was)) return UNKNOWN;
  return isHidden(community) || isHidden(was) ? HIDDEN : null;
}

/**
 * What the map, the list and the legend need to show changes.
 *
 * @param {Bare} view whose model knows what was
 * @returns {Result}
 */
export function differences(view) {
  const { model, state, say } = view;
  const measure = /** @type {Amount} */ (state.measure);
  const found = model.communities.map((_, place) => {
    const absent = without(place, view);
    return absent ? { absent, told: null } : { absent: NONE, told: changeOf(place, view) };
  });
  const ends = endsOf(measure, Math.max(0, ...found.map(({ told }) => Math.abs(told?.change ?? 0))));
  const classes = found.map(({ told }) => (told ? changeClass(measure, told.change, ends) : -1));
  const figures = found.map(({ absent, told }, place) => {
    if (!told) return absent;
    const text = changeText(measure, told.change, model.fewest);
    const value = Math.abs(told.change);
    const still = classes[place] === SAME;
    return /** @type {Figure} */ ({ kind: 'value', value, service: told.service, key: classes[place], text, still });
  });
  const kinds = labelsOf(measure, ends, say).map((label, key) => ({ key, label, tone: CHANGES[key] }));
  const dark = classes.map((at) => at === 0 || at === CHANGES.length - 1);
  return { figures, classes, kinds, breaks: [], dark, ...tallied(figures, classes, kinds.length) };
}

/**
 * How many communities fare better and worse: of a service, or of any service where all are shown. A community may do
 * both then.
 *
 * @param {Bare} view whose model knows what was
 * @param {string[]} keys services
 * @param {number} cutoff
 */
export function betterAndWorse({ model }, keys, cutoff) {
  const asked = { measure: /** @type {Amount} */ ('uncovered'), service: '', cutoff };
  const changes = model.communities.map(({ services }, place) =>
    keys.map((key) => difference(model.was?.[place]?.services[key], services[key], asked, model.fewest) ?? 0),
  );
  return {
    better: changes.filter((some) => some.some((change) => change < 0)).length,
    worse: changes.filter((some) => some.some((change) => change > 0)).length,
  };
}
