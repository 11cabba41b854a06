// What each further source buys: the objective of the optimal taxonomy over its budget.

import { h, s } from "../lib/dom.js";
import { fixed, number, plural } from "../lib/format.js";
import { title } from "../lib/tasks.js";
import { niceTicks } from "./ticks.js";
import { beside, hideTip, showTip } from "./tooltip.js";

const WIDTH = 420;
const HEIGHT = 220;
const PAD = { left: 46, right: 14, top: 14, bottom: 36 };

/** points: [{budget, objective, sources}]; onpick(budget). */
export function frontierChart(points, chosen, onpick) {
  const budgets = points.map((point) => point.budget);
  const objectives = points.map((point) => point.objective);
  const [low, high] = [Math.min(0, ...objectives), Math.max(...objectives)];
  const [first, last] = [Math.min(...budgets), Math.max(...budgets)];
  const x = (budget) => PAD.left + ((budget - first) / (last - first || 1)) * (WIDTH - PAD.left - PAD.right);
  const y = (objective) => HEIGHT - PAD.bottom - ((objective - low) / (high - low || 1)) * (HEIGHT - PAD.top - PAD.bottom);
  const line = points.map((point, index) => `${index ? "L" : "M"} ${x(point.budget)} ${y(point.objective)}`).join(" ");
  const area = `${line} L ${x(last)} ${y(low)} L ${x(first)} ${y(low)} Z`;
  const every = Math.ceil(points.length / 9);
  return s("svg", {
    class: "frontier", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group",
    "aria-label": "Objective of the optimal taxonomy for every budget",
  },
  niceTicks(low, high, 4).map((tick) => [
    s("line", { class: "grid", x1: PAD.left, x2: WIDTH - PAD.right, y1: y(tick), y2: y(tick) }),
    s("text", { class: "axis", x: PAD.left - 8, y: y(tick) + 4, "text-anchor": "end" }, number(tick)),
  ]),
  s("path", { class: "area", d: area }),
  s("path", { class: "line", d: line }),
  points.filter((_, index) => index % every === 0).map((point) =>
    s("text", { class: "axis", x: x(point.budget), y: HEIGHT - PAD.bottom + 17, "text-anchor": "middle" }, point.budget)),
  s("text", { class: "axis", x: (PAD.left + WIDTH - PAD.right) / 2, y: HEIGHT - 3, "text-anchor": "middle" }, "budget: sources that may be chosen"),
  points.map((point, index) => {
    const before = new Set(points[index - 1]?.sources ?? []);
    const fresh = point.sources.filter((source) => !before.has(source)).map(title);
    const on = point.budget === chosen;
    const dot = s("circle", {
      class: `point${on ? " is-on" : ""}`, cx: x(point.budget), cy: y(point.objective), r: on ? 6 : 4, tabindex: 0, role: "button",
      "aria-label": `Budget ${point.budget}, objective ${fixed(point.objective)}`, "aria-pressed": on,
    });
    const show = (anchor) => showTip(anchor, h("strong", null, `Budget ${point.budget}: ${fixed(point.objective)}`),
      h("span", null, plural(point.sources.length, "source")),
      index ? h("span", null, fresh.length ? `new: ${fresh.join(", ")}` : "nothing new") : null);
    dot.addEventListener("pointermove", show);
    dot.addEventListener("pointerleave", hideTip);
    dot.addEventListener("focus", () => show(beside(dot)));
    dot.addEventListener("blur", hideTip);
    dot.addEventListener("click", () => onpick(point.budget));
    dot.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        onpick(point.budget);
      }
    });
    return dot;
  }));
}
