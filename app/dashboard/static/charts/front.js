// Models in the plane of two tasks' metrics: shared networks that no other beats are filled, and those of the plane are joined.

import { h, s } from "../lib/dom.js";
import { arrow, measured, metricWords, projectedFront, staircase } from "../lib/multitask.js";
import { niceTicks } from "./ticks.js";
import { hideTip, showTip } from "./tooltip.js";

const WIDTH = 370;
const HEIGHT = 300;
const PAD = { left: 62, right: 14, top: 12, bottom: 48 };
const TICKS = 4;
const SPARE = 0.07;
const NEAR = 14;

function range(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spare = (high - low) * SPARE || Math.abs(high) * 0.05 || 0.5;
  return [low - spare, high + spare];
}

/** Numbers of an axis: no more decimals than tell its ticks apart. */
function tickWords(ticks, axis) {
  const factor = axis.unit === "share" ? 100 : 1;
  const step = ticks.length > 1 ? factor * (ticks[1] - ticks[0]) : 1;
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return (tick) => (factor * tick).toFixed(places);
}

/**
 * @param {object} model
 *   axes: [across, up], each {title, metric, unit, higher_is_better};
 *   points: [{values: [x, y], shared, hollow, color, lines, after}], `lines` and `after` in words;
 *   single: [x, y] of single-task networks, or null.
 */
export function frontPanel({ axes: [across, up], points, single }) {
  const [left, right] = range([...points.map((point) => point.values[0]), ...(single ? [single[0]] : [])]);
  const [low, high] = range([...points.map((point) => point.values[1]), ...(single ? [single[1]] : [])]);
  const x = (value) => PAD.left + ((value - left) / (right - left)) * (WIDTH - PAD.left - PAD.right);
  const y = (value) => HEIGHT - PAD.bottom - ((value - low) / (high - low)) * (HEIGHT - PAD.top - PAD.bottom);
  const [columns, rows] = [niceTicks(left, right, TICKS), niceTicks(low, high, TICKS)];
  const [columnWords, rowWords] = [tickWords(columns, across), tickWords(rows, up)];
  const corners = staircase(projectedFront(points.filter((point) => point.shared).map((point) => point.values), [across, up]), across.higher_is_better);
  const join = corners.map(([one, other], index) => `${index ? "L" : "M"}${x(one).toFixed(1)} ${y(other).toFixed(1)}`).join("");
  const marks = [...points].sort((one, other) => other.hollow - one.hollow).map((point) => {
    const [cx, cy] = [x(point.values[0]), y(point.values[1])];
    const look = { class: `model${point.hollow ? " is-hollow" : ""}`, style: { "--group": point.color } };
    return point.shared ? s("circle", { ...look, cx, cy, r: 4.5 }) : s("path", { ...look, d: `M ${cx} ${cy - 6} l 6 6 l -6 6 l -6 -6 z` });
  });
  const ring = s("circle", { class: "ring", r: 8, visibility: "hidden" });
  const middle = (PAD.top + HEIGHT - PAD.bottom) / 2;
  const svg = s("svg", { class: "front", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${up.title} over ${across.title}: ${points.length} models, ${points.filter((point) => !point.hollow).length} of them filled` },
    columns.map((tick) => [
      s("line", { class: "grid", x1: x(tick), x2: x(tick), y1: PAD.top, y2: HEIGHT - PAD.bottom }),
      s("text", { class: "axis", x: x(tick), y: HEIGHT - PAD.bottom + 16, "text-anchor": "middle" }, columnWords(tick))]),
    rows.map((tick) => [
      s("line", { class: "grid", x1: PAD.left, x2: WIDTH - PAD.right, y1: y(tick), y2: y(tick) }),
      s("text", { class: "axis", x: PAD.left - 7, y: y(tick) + 4, "text-anchor": "end" }, rowWords(tick))]),
    s("text", { class: "axis", x: (PAD.left + WIDTH - PAD.right) / 2, y: HEIGHT - 10, "text-anchor": "middle" }, `${across.title}: ${metricWords(across)} ${across.higher_is_better ? "→" : "←"}`),
    s("text", { class: "axis", x: 13, y: middle, "text-anchor": "middle", transform: `rotate(-90 13 ${middle})` }, `${up.title}: ${metricWords(up)} ${arrow(up) === "↑" ? "→" : "←"}`),
    single ? [
      s("line", { class: "single", x1: x(single[0]), x2: x(single[0]), y1: PAD.top, y2: HEIGHT - PAD.bottom }),
      s("line", { class: "single", x1: PAD.left, x2: WIDTH - PAD.right, y1: y(single[1]), y2: y(single[1]) })] : null,
    s("path", { class: "join", d: join }), marks, ring);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const [at, down] = [((event.clientX - box.left) * WIDTH) / box.width, ((event.clientY - box.top) * HEIGHT) / box.height];
    const distance = (point) => Math.hypot(x(point.values[0]) - at, y(point.values[1]) - down);
    const near = points.reduce((best, point) => (distance(point) < distance(best) ? point : best), points[0]);
    const found = distance(near) <= NEAR;
    ring.setAttribute("visibility", found ? "visible" : "hidden");
    if (!found) {
      hideTip();
      return;
    }
    ring.setAttribute("cx", x(near.values[0]));
    ring.setAttribute("cy", y(near.values[1]));
    showTip(event, h("strong", null, near.lines[0]), near.lines.slice(1).map((line) => h("span", null, line)),
      [across, up].map((axis, place) => h("span", null, `${axis.title} ${measured({ mean: near.values[place] }, axis)} ${axis.unit === "share" ? "%" : axis.unit}`)),
      near.after ? h("span", null, near.after) : null);
  });
  svg.addEventListener("pointerleave", () => {
    ring.setAttribute("visibility", "hidden");
    hideTip();
  });
  return h("figure", { class: "front-box" }, svg);
}
