// One value among random ones: bands between their quantiles, a line at their median, a diamond for the value.

import { h, narrow, s } from "../lib/dom.js";
import { beside, hideTip, showTip } from "./tooltip.js";

const ROW = 46;
const AXIS = 24;
const WIDE = { width: 760, left: 150, right: 170 };
/** On a phone the words stand above their strip. */
const COMPACT = { width: 330, left: 10, right: 10, row: 68 };
/** Pairs of levels, widest first: each band lies over the one before. */
const BANDS = [[0, 1], [0.01, 0.99], [0.05, 0.95], [0.25, 0.75]];
const MEDIAN = 0.5;

/**
 * @param {object} model
 *   levels: of all quantiles, 0 to 1; format(value): text;
 *   rows: [{label, optimum, quantiles, words, lines}] - `words` beside the strip, `lines` in the tooltip;
 *   caption: text for assistive technology.
 */
export function strips({ levels, rows, format, caption }) {
  const compact = narrow();
  const { width, left, right, row = ROW } = compact ? COMPACT : WIDE;
  const ends = rows.flatMap((each) => [each.optimum, ...each.quantiles]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const x = (value) => left + 8 + ((value - low) / (high - low || 1)) * (width - left - right - 16);
  const at = (each, level) => each.quantiles[levels.indexOf(level)];
  const height = rows.length * row + AXIS;

  const drawn = rows.map((each, index) => {
    const middle = index * row + (compact ? 46 : ROW / 2);
    const mark = s("g", { class: "node", tabindex: 0, role: "listitem", "aria-label": [each.label, each.words, ...each.lines].join(". ") },
      s("rect", { class: "hit", x: 1, y: index * row + 1, width: width - 2, height: row - 2 }),
      s("text", compact ? { class: "node-label", x: left, y: index * row + 20 } : { class: "node-label", x: left - 12, y: middle + 4.5, "text-anchor": "end" }, each.label),
      BANDS.map(([from, to], band) => s("rect", {
        class: `band band-${band}`, x: x(at(each, from)), y: middle - 4 - 2 * band, height: 8 + 4 * band, rx: 3,
        width: Math.max(1, x(at(each, to)) - x(at(each, from))),
      })),
      s("line", { class: "median", x1: x(at(each, MEDIAN)), x2: x(at(each, MEDIAN)), y1: middle - 10, y2: middle + 10 }),
      s("path", { class: "optimum", d: `M ${x(each.optimum)} ${middle - 9} l 7 9 l -7 9 l -7 -9 z` }),
      s("text", compact ? { class: "axis", x: width - right, y: index * row + 20, "text-anchor": "end" } : { class: "axis", x: width - right + 14, y: middle + 4 }, each.words));
    const show = (anchor) => showTip(anchor, h("strong", null, each.label), each.lines.map((line) => h("span", null, line)));
    mark.addEventListener("pointermove", show);
    mark.addEventListener("pointerleave", hideTip);
    mark.addEventListener("focus", () => show(beside(mark)));
    mark.addEventListener("blur", hideTip);
    return mark;
  });
  const ticks = [low, (low + high) / 2, high];
  return s("svg", { class: "strips", viewBox: `0 0 ${width} ${height}`, role: "list", "aria-label": caption },
    ticks.map((tick) => [
      s("line", { class: "grid", x1: x(tick), x2: x(tick), y1: 0, y2: height - AXIS + 4 }),
      s("text", { class: "axis", x: x(tick), y: height - 6, "text-anchor": tick === low && compact ? "start" : tick === high && compact ? "end" : "middle" }, format(tick)),
    ]), drawn);
}
