/**
 * Names on the map: communities at their roomiest spot, streets along their lines; nothing overlaps.
 *
 * @typedef {[number, number, number, number]} Box left, top, right, bottom
 * @typedef {ReturnType<typeof room>} Room
 * @typedef {{zoom: number, scale: number, left: number, top: number, width: number, height: number}} Window in px
 * @typedef {{x: number, y: number, name: string, value: string, strong: boolean, dark: boolean}} AreaName
 *   x and y in the unit square
 */

export const FONT = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",system-ui,sans-serif';
/** Letters of a community's name on the map. */
const LONGEST = 32;

/** Boxes already taken. */
export function room() {
  /** @type {Box[]} */
  const taken = [];
  return {
    /** @param {Box} box */
    free: (box) =>
      taken.every((other) => box[2] <= other[0] || box[0] >= other[2] || box[3] <= other[1] || box[1] >= other[3]),
    /** @param {Box} box */
    take: (box) => {
      taken.push(box);
    },
  };
}

/** The box around a letter. @param {{x: number, y: number}} middle @param {number} px @returns {Box} */
export const letterBox = ({ x, y }, px) => [x - px * 0.72, y - px * 0.72, x + px * 0.72, y + px * 0.72];

/**
 * What nearly all names end with, so that a map need not repeat it: 社区, 村.
 *
 * @param {string[]} names
 */
export function commonEnd(names) {
  const ends = ['社区居委会', '居委会', '社区', ' Community', ' community'];
  /** @param {string} end */
  const count = (end) => names.filter((name) => name.length > end.length && name.endsWith(end)).length;
  return ends.find((end) => names.length > 2 && count(end) > 0.8 * names.length) ?? '';
}

/** A name as a map has room for it. @param {string} name */
export function shortName(name) {
  const letters = [...name];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join('')}…` : name;
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Window} view
 * @param {AreaName[]} areas
 * @param {Room} taken
 */
export function drawAreaNames(ctx, view, areas, taken) {
  for (const area of areas) {
    const x = area.x * view.scale - view.left;
    const y = area.y * view.scale - view.top;
    if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
    const big = view.zoom >= 14.75 || area.strong;
    const px = big ? 13.5 : 11.5;
    ctx.font = `${area.strong ? 700 : 600} ${px}px ${FONT}`;
    const half = ctx.measureText(area.name).width / 2 + 3;
    /** @type {Box} */
    const box = [x - half, y - px * 0.8, x + half, y + px * (area.value && big ? 1.9 : 0.8)];
    if (!taken.free(box) && !area.strong) continue;
    taken.take(box);
    writeArea(ctx, { ...area, x, y, value: big ? area.value : '' }, px);
  }
}

/** A name and under it its figure. @param {CanvasRenderingContext2D} ctx @param {AreaName} area @param {number} px */
function writeArea(ctx, { x, y, name, value, dark }, px) {
  ctx.lineWidth = 3;
  ctx.strokeStyle = dark ? 'rgba(82,24,42,.72)' : 'rgba(255,252,244,.82)';
  ctx.strokeText(name, x, y);
  ctx.fillStyle = dark ? '#ffffff' : '#26222e';
  ctx.fillText(name, x, y);
  if (!value) return;
  ctx.font = `500 ${px - 2}px ${FONT}`;
  ctx.strokeText(value, x, y + px * 1.2);
  ctx.fillStyle = dark ? '#f6e7e3' : '#5b5360';
  ctx.fillText(value, x, y + px * 1.2);
}
