/**
 * Names of communities as the map shows them.
 *
 * @import { AreaName } from "./labels.js"
 * @import { View } from "./model.js"
 */
import { commonEnd, shortName } from './labels.js';
import { figureText } from './panel.js';
import { worldX, worldY } from './shapes.js';
import { local } from './text.js';

/** The chosen one first, then by rank. @param {View} view @returns {AreaName[]} */
export function areaNames(view) {
  const { model, state, result } = view;
  const names = model.communities.map((community) => local(community, 'name', state.language));
  const end = commonEnd(names);
  const covered = Boolean(state.facility) || state.merged;
  const areas = model.communities.map(({ id, anchor, gap }, place) => {
    const name = names[place];
    const figure = result.figures[place];
    const dark = result.dark?.[place] ?? result.classes[place] >= 4;
    return {
      x: worldX(anchor[0]),
      y: worldY(anchor[1]),
      strong: id === state.community,
      name: shortName(end && name.endsWith(end) ? name.slice(0, -end.length) : name),
      dark: state.areas && dark && !covered,
      value: state.areas && figure.kind === 'value' && !figure.still ? figureText(figure, state.measure, view) : '',
      rank: gap?.rank ?? Infinity,
    };
  });
  const there = areas.filter((_, place) => !model.communities[place].absent);
  return there.sort((a, b) => Number(b.strong) - Number(a.strong) || a.rank - b.rank);
}
