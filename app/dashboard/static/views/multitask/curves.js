// Losses of every task as they went, and the distance from Pareto stationarity; the legend points a method out.

import { lines } from "../../charts/lines.js";
import { meanCurve } from "../../lib/adaptations.js";
import { spansDecades } from "../../lib/color.js";
import { empty, field, h, replace } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { FEW_TASKS, colours, groupsOf, overTasks } from "../../lib/multitask.js";

const LOSSES = [["losses", "training loss"], ["validation", "validation loss"]];

const pointsOf = (run, values) => run.curves.steps.map((step, index) => [step, values?.[index] ?? null]).filter(([, value]) => value !== null);

/** Steps of a whole run. */
const lastStep = ({ config }) => config.epochs * Math.floor((config.splits.train + config.splits.transfer) / config.batch_size);

function taskCharts(name, title) {
  return LOSSES.map(([kind, words]) => ({ title: `${title}: ${words}`, pick: (run) => run.curves[kind][name] }));
}

const meanCharts = (count) => LOSSES.map(([kind, words]) => ({ title: `Mean of ${count} tasks: ${words}`, pick: (run) => overTasks(run.curves[kind]) }));

/** One chart of some curve of every run; on a log scale where values span decades. */
function chart({ title, pick }, groups, color, on, last) {
  const values = groups.flatMap((group) => group.runs.flatMap((run) => pick(run) ?? [])).filter((value) => value > 0);
  const log = spansDecades(values);
  const scaled = (run) => (log ? pick(run)?.map((value) => (value > 0 ? Math.log10(value) : null)) : pick(run));
  const series = groups.map((group) => ({
    key: group.key, label: group.label, color: color(group), mean: meanCurve(group.runs, scaled),
    runs: group.runs.map((run) => ({ points: pointsOf(run, scaled(run)), marks: [] })),
  })).filter((each) => each.mean.length);
  if (!series.length) return null;
  return lines({ title: log ? `${title} (log scale)` : title, series, last, floor: log ? undefined : 0, on: series.some((each) => each.key === on) ? on : null, format: log ? (value) => number(10 ** value) : number });
}

function panel(nothing, chartsOf, controls = () => null) {
  const element = h("div");
  let shown = null;
  let on = null;
  const draw = (training) => {
    shown = training;
    const charts = chartsOf(training);
    const groups = groupsOf(training).filter((group) => group.runs.some((run) => charts.some(({ pick }) => pick(run)?.some((value) => value !== null))));
    const color = colours(training);
    const drawn = charts.map((each) => chart(each, groups, color, on, lastStep(training))).filter(Boolean);
    if (!drawn.length) {
      replace(element, empty(...nothing));
      return;
    }
    const point = (key) => {
      on = on === key ? null : key;
      draw(shown);
      element.querySelector(`button[data-key="${CSS.escape(key)}"]`)?.focus();
    };
    replace(element,
      h("div", { class: "method-keys" }, groups.map((group) => h("button", { type: "button", class: "quiet method-key", dataset: { key: group.key }, style: { "--group": color(group) }, "aria-pressed": String(on === group.key), onclick: () => point(group.key) },
        h("span", { class: "swatch" }), group.label))),
      h("p", { class: "hint" }, on ? "Thin lines are its seeds." : "Means over seeds. Choose a method to see its seeds."),
      controls(training, () => draw(shown)),
      h("div", { class: drawn.length % 3 ? "wide-grid" : "chart-grid" }, drawn));
  };
  return { element, draw };
}

export function lossesPanel() {
  let task = null;
  const charts = ({ tasks }) => {
    if (tasks.length <= FEW_TASKS) return tasks.flatMap((each) => taskCharts(each.task, each.title));
    const chosen = tasks.find((each) => each.task === task) ?? tasks[0];
    return [...meanCharts(tasks.length), ...taskCharts(chosen.task, chosen.title)];
  };
  const controls = ({ tasks }, again) => (tasks.length <= FEW_TASKS ? null : h("div", { class: "slim" }, field("One task", h("select", {
    onchange: (event) => {
      task = event.target.value;
      again();
    },
  }, tasks.map((each) => h("option", { value: each.task, selected: each.task === task }, each.title))))));
  return panel(["Nothing measured yet", "Losses appear here after the first evaluation."], charts, controls);
}

export function stationarityPanel() {
  return panel(["Nothing measured yet", "Single-task networks share nothing, so they have no such distance."],
    () => [{ title: "Distance from Pareto stationarity", pick: (run) => run.curves.stationarity }]);
}
