// Curves of several methods over the steps of training: means over seeds, and the seeds of the one that is pointed out.

import { h, s } from "../lib/dom.js";
import { niceTicks } from "./ticks.js";
import { hideTip, showTip } from "./tooltip.js";

const WIDTH = 370;
const HEIGHT = 215;
const PAD = { left: 46, right: 12, top: 10, bottom: 30 };
const TICKS = 5;

const path = (points, x, y) => points.map(([step, value], index) => `${index ? "L" : "M"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`).join(" ");

/**
 * @param {object} model
 *   title; series: [{key, label, color, mean: [[step, value]], runs: [{points: [[step, value]], marks: [{kind, step, value}]}]}];
 *   `color` where it is not that of a method's own; on: key of the series that is pointed out, or null;
 *   last: the last step of all; format(value): text;
 *   floor, ceiling: what the axis must reach, or undefined.
 */
export function lines({ title, series, on, last, format, floor, ceiling }) {
  const values = series.flatMap((each) => [...each.mean, ...each.runs.flatMap((run) => run.points)]).map(([, value]) => value);
  const low = Math.min(floor ?? Infinity, ...values);
  const high = Math.max(ceiling ?? -Infinity, ...values);
  const x = (step) => PAD.left + (step / (last || 1)) * (WIDTH - PAD.left - PAD.right);
  const y = (value) => HEIGHT - PAD.bottom - ((value - low) / (high - low || 1)) * (HEIGHT - PAD.top - PAD.bottom);
  const rule = s("line", { class: "rule", y1: PAD.top, y2: HEIGHT - PAD.bottom, visibility: "hidden" });
  const drawn = [...series].sort((one, other) => (one.key === on) - (other.key === on)).map((each) => {
    const pointed = each.key === on;
    return s("g", { class: `curve-of${on && !pointed ? " is-dim" : ""}`, dataset: { method: each.key }, style: each.color ? { "--group": each.color } : null },
      pointed ? each.runs.map((run) => s("path", { class: "seed", d: path(run.points, x, y) })) : null,
      each.mean.length === 1 ? s("circle", { class: "spot", cx: x(each.mean[0][0]), cy: y(each.mean[0][1]), r: 3 }) : s("path", { class: "mean", d: path(each.mean, x, y) }),
      pointed ? each.runs.flatMap((run) => run.marks).map((mark) => (mark.kind === "oracle"
        ? s("path", { class: "mark-oracle", d: `M ${x(mark.step)} ${y(mark.value) - 7} l 6 7 l -6 7 l -6 -7 z` })
        : s("circle", { class: "mark-chosen", cx: x(mark.step), cy: y(mark.value), r: 4.5 }))) : null);
  });
  const svg = s("svg", { class: "lines", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title} over steps, ${series.map((each) => `${each.label} ${each.mean.length ? format(each.mean.at(-1)[1]) : ""}`).join(", ")}` },
    niceTicks(low, high, TICKS).map((tick) => [
      s("line", { class: "grid", x1: PAD.left, x2: WIDTH - PAD.right, y1: y(tick), y2: y(tick) }),
      s("text", { class: "axis", x: PAD.left - 8, y: y(tick) + 4, "text-anchor": "end" }, format(tick))]),
    niceTicks(0, last || 1, TICKS).map((tick) => s("text", { class: "axis", x: x(tick), y: HEIGHT - PAD.bottom + 17, "text-anchor": "middle" }, tick.toLocaleString("en"))),
    rule, drawn);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const at = ((event.clientX - box.left) * WIDTH) / box.width;
    const steps = [...new Set(series.flatMap((each) => each.mean.map(([step]) => step)))];
    const step = steps.reduce((best, each) => (Math.abs(x(each) - at) < Math.abs(x(best) - at) ? each : best), steps[0]);
    const found = series.map((each) => [each, each.mean.find(([own]) => own === step)?.[1]]).filter(([, value]) => value !== undefined);
    rule.setAttribute("x1", x(step));
    rule.setAttribute("x2", x(step));
    rule.setAttribute("visibility", "visible");
    showTip(event, h("strong", null, `${title}, step ${step.toLocaleString("en")}`),
      found.sort(([, one], [, other]) => other - one).map(([each, value]) => h("span", null, `${each.label} ${format(value)}`)));
  });
  svg.addEventListener("pointerleave", () => {
    rule.setAttribute("visibility", "hidden");
    hideTip();
  });
  return h("figure", { class: "lines-box" }, h("figcaption", null, title), svg);
}
