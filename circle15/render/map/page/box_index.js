/**
 * A grid that finds what lies in a window of the unit square.
 *
 * @import { Items } from "./shapes.js"
 * @typedef {[number, number, number, number]} Box west, north, east, south
 * @typedef {{find: (w: number, n: number, e: number, s: number) => Int32Array}} BoxIndex
 */
import { runs } from './shapes.js';

const CELL = 1 / 32768;

/** The box around each item, four numbers each, and the one around all. @param {Items} items */
function boxesOf({ x, y, start, count }) {
  const box = new Float64Array(4 * count);
  /** @type {Box} */
  const whole = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < count; i += 1) {
    let [w, n, e, s] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let k = start[i]; k < start[i + 1]; k += 1) {
      if (x[k] < w) w = x[k];
      if (x[k] > e) e = x[k];
      if (y[k] < n) n = y[k];
      if (y[k] > s) s = y[k];
    }
    box.set([w, n, e, s], 4 * i);
    whole[0] = Math.min(whole[0], w);
    whole[1] = Math.min(whole[1], n);
    whole[2] = Math.max(whole[2], e);
    whole[3] = Math.max(whole[3], s);
  }
  return { box, whole };
}

/**
 * Columns and rows of cells over a box, and the place of a coordinate in them.
 *
 * @param {Box} whole
 * @param {number} count of items
 */
function cellsOf([west, north, east, south], count) {
  const columns = count ? Math.floor((east - west) / CELL) + 1 : 0;
  const rows = count ? Math.floor((south - north) / CELL) + 1 : 0;
  return {
    columns,
    rows,
    /** @param {number} x */
    column: (x) => Math.min(columns - 1, Math.max(0, Math.floor((x - west) / CELL))),
    /** @param {number} y */
    row: (y) => Math.min(rows - 1, Math.max(0, Math.floor((y - north) / CELL))),
  };
}

/**
 * The items of each cell, cell after cell.
 *
 * @param {Float64Array} box
 * @param {number} count
 * @param {ReturnType<typeof cellsOf>} cells
 */
function itemsByCell(box, count, { columns, rows, column, row }) {
  /** @param {number} i @param {(cell: number) => void} visit */
  const eachCell = (i, visit) => {
    const [w, n, e, s] = box.subarray(4 * i, 4 * i + 4);
    if (!(w <= e)) return; // an item without a point
    const [c0, r0, c1, r1] = [column(w), row(n), column(e), row(s)];
    for (let r = r0; r <= r1; r += 1) for (let c = c0; c <= c1; c += 1) visit(r * columns + c);
  };
  const size = new Int32Array(columns * rows);
  for (let i = 0; i < count; i += 1) {
    eachCell(i, (cell) => {
      size[cell] += 1;
    });
  }
  const first = runs(size);
  const items = new Int32Array(first[first.length - 1]);
  const next = first.slice();
  for (let i = 0; i < count; i += 1) {
    eachCell(i, (cell) => {
      items[next[cell]++] = i;
    });
  }
  return { first, items };
}

/**
 * A grid over items: `find(west, north, east, south)` gives every item whose box touches the window, each once, in
 * rising order.
 *
 * @param {Items} items
 * @returns {BoxIndex}
 */
export function boxIndex(items) {
  const { count } = items;
  const { box, whole } = boxesOf(items);
  const cells = cellsOf(whole, count);
  const { columns, column, row } = cells;
  const held = itemsByCell(box, count, cells);
  const seen = new Int32Array(count).fill(-1);
  let turn = 0;
  return {
    find(w, n, e, s) {
      if (!count || e < whole[0] || w > whole[2] || s < whole[1] || n > whole[3]) return new Int32Array(0);
      turn += 1;
      const out = [];
      for (let r = row(n); r <= row(s); r += 1) {
        for (let c = column(w); c <= column(e); c += 1) {
          for (let k = held.first[r * columns + c]; k < held.first[r * columns + c + 1]; k += 1) {
            const i = held.items[k];
            if (seen[i] === turn) continue;
            seen[i] = turn;
            if (box[4 * i] <= e && box[4 * i + 2] >= w && box[4 * i + 1] <= s && box[4 * i + 3] >= n) out.push(i);
          }
        }
      }
      return Int32Array.from(out).sort();
    },
  };
}
