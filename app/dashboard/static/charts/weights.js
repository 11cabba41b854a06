// How much each class, or task, counts from evaluation to evaluation: a row each, a column an evaluation.

import { h, s } from "../lib/dom.js";
import { number } from "../lib/format.js";
import { hideTip, showTip } from "./tooltip.js";

const WIDTH = 370;
const RIGHT = 8;
const AXIS = 22;
const GAP = 9;
const LETTER = 6.4;
/** Letters of a name; longer ones are cut. */
export const LONGEST = 14;
/** Rows get lower the more there are; below the height of a letter they lose their names. */
const HEIGHTS = { highest: 20, all: 420, lowest: 1.5, named: 10.5 };

const short = (name) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);

/**
 * @param {object} model
 *   title; method, or else color: of the swatch; steps: of the columns; rows: [{name, values, outlier}], shared classes first;
 *   scale: {position, color}; words: below it.
 */
export function weightStrip({ title, method, color, steps, rows, scale, words }) {
  const each = Math.max(HEIGHTS.lowest, Math.min(HEIGHTS.highest, HEIGHTS.all / rows.length));
  const named = each >= HEIGHTS.named;
  const left = named ? 14 + LETTER * Math.max(...rows.map((row) => short(row.name).length)) : 30;
  const first = rows.findIndex((row) => row.outlier);
  const y = (index) => index * each + (first > 0 && index >= first ? GAP : 0);
  const bottom = y(rows.length - 1) + each;
  const cell = (WIDTH - left - RIGHT) / steps.length;
  const gap = each > 6 ? 1 : 0;
  const svg = s("svg", { class: "weights", viewBox: `0 0 ${WIDTH} ${bottom + AXIS}`, role: "img", "aria-label": `${title}: ${words}` },
    rows.map((row, index) => [
      named ? s("text", { class: `heat-label${row.outlier ? " is-outlier" : ""}`, x: left - 8, y: y(index) + each / 2 + 4, "text-anchor": "end" }, short(row.name)) : null,
      row.values.map((value, column) => s("rect", {
        x: left + column * cell, y: y(index), width: Math.max(0.5, cell - gap), height: each - gap, rx: gap * 2, fill: scale.color(scale.position(value)),
      }))]),
    [0, steps.length - 1].filter((column, index, both) => both.indexOf(column) === index).map((column) =>
      s("text", { class: "axis", x: left + (column + 0.5) * cell, y: bottom + 16, "text-anchor": column ? "end" : "start" }, column ? `step ${steps[column].toLocaleString("en")}` : steps[column].toLocaleString("en"))));
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const column = Math.floor((((event.clientX - box.left) * WIDTH) / box.width - left) / cell);
    const down = ((event.clientY - box.top) * (bottom + AXIS)) / box.height;
    const row = rows.findIndex((_, index) => down >= y(index) && down < y(index) + each);
    if (row < 0 || column < 0 || column >= steps.length) {
      hideTip();
      return;
    }
    showTip(event, h("strong", null, rows[row].name), h("span", null, `weight ${number(rows[row].values[column])} at step ${steps[column].toLocaleString("en")}`),
      rows[row].outlier ? h("span", null, "outlier: the target has none of it") : null);
  });
  svg.addEventListener("pointerleave", hideTip);
  return h("figure", { class: "weights-box" }, h("figcaption", { dataset: method ? { method } : null, style: color ? { "--group": color } : null }, h("span", { class: "swatch" }), title), svg, h("p", { class: "hint" }, words));
}
