// Methods side by side: each task's main metric, the change against single-task networks, ranks, stationarity.

import { FEW_TASKS, SINGLE, arrow, change, changeOf, colours, labelOf, lastStationarity, measured, metricWords } from "../../lib/multitask.js";
import { h, replace } from "../../lib/dom.js";
import { number, plural } from "../../lib/format.js";
import { figure, table } from "../atlas/table.js";

/** A row's head: the method in its colour. */
export const methodHead = (text, color) => h("th", { scope: "row", style: { "--group": color } }, h("span", { class: "swatch" }), text);

export const taskHead = (task) => [task.title, h("span", { class: "metric" }, `${metricWords(task)} ${arrow(task)}`)];

/** A change against single-task networks; negative is better. */
export const changed = (value, std, n) => {
  const { tone, text } = change(value, std, n);
  return h("span", { class: `verdict is-${tone}` }, text);
};

function taskCell(training, summary, task) {
  const own = summary.method === SINGLE ? null : changeOf(training, summary, task.task);
  return h("td", null, measured(summary.metrics[task.task], task, summary.n),
    own === null ? null : h("span", { class: "beside" }, changed(own)));
}

function row(training, summary, color, shown) {
  const runs = [String(summary.n), summary.diverged ? h("span", { class: "verdict is-bad" }, ` ${summary.diverged} diverged`) : null];
  const yardstick = summary.method === SINGLE;
  return h("tr", { class: yardstick ? "is-yardstick" : null },
    methodHead(labelOf(summary, training.tasks), color(summary)), shown.map((task) => taskCell(training, summary, task)),
    h("td", null, yardstick ? "the yardstick" : changed(summary.delta_m.mean, summary.delta_m.std, summary.n)),
    h("td", null, summary.mean_rank === null ? "–" : summary.mean_rank.toFixed(2)),
    h("td", null, number(lastStationarity(training, summary))), h("td", null, runs));
}

function headline(training) {
  const preferred = training.results.find((run) => run.model_id && run.model_id === training.preferred_model);
  const judged = training.summary.filter((each) => each.method !== SINGLE && each.delta_m.mean !== null);
  const best = judged.reduce((one, other) => (one === null || other.delta_m.mean < one.delta_m.mean ? other : one), null);
  const ranked = training.summary.filter((each) => each.mean_rank !== null).reduce((one, other) => (one === null || other.mean_rank < one.mean_rank ? other : one), null);
  const figures = [
    best ? figure("Best delta-m", labelOf(best, training.tasks), h("span", null, changed(best.delta_m.mean, best.delta_m.std, best.n), " against single-task networks")) : null,
    ranked ? figure("Best mean rank", labelOf(ranked, training.tasks), `${ranked.mean_rank.toFixed(2)} over ${plural(training.tasks.length, "task")}`) : null,
    preferred ? figure("Served by default", `${labelOf(preferred, training.tasks)}, seed ${preferred.seed}`, "fits equal weights best on validation images; test images play no part") : null,
  ].filter(Boolean);
  return figures.length ? h("dl", { class: "figures few" }, figures) : null;
}

function reasons(training) {
  const said = training.results.filter((run) => run.delta_m_reason || run.error);
  if (!said.length) return null;
  return h("ul", { class: "reasons" }, said.map((run) => h("li", null,
    `${labelOf(run, training.tasks)}, seed ${run.seed}: ${run.error ? `diverged at step ${run.error.step}, ${run.error.detail}` : run.delta_m_reason}`)));
}

export function resultsPanel() {
  const element = h("div");
  const draw = (training) => {
    const color = colours(training);
    const shown = training.tasks.length <= FEW_TASKS ? training.tasks : [];
    const judged = training.methods.includes(SINGLE);
    replace(element, headline(training),
      table("Methods over seeds", ["Method", ...shown.map(taskHead), ["delta-m", h("span", { class: "metric" }, "negative is better")], ["Mean rank", h("span", { class: "metric" }, "1 is the best")], ["Stationarity", h("span", { class: "metric" }, "0: nothing improves all")], "Runs"],
        training.summary.map((each) => row(training, each, color, shown))),
      h("p", { class: "hint" }, `Test images, mean ± deviation over ${plural(training.seeds.length, "seed")}. `,
        judged ? "delta-m is the mean over tasks of the relative change against single-task networks of the same seed, in percent; beside each value stands the change of its task."
          : "Without `single` among the methods there is nothing to compare with, so there is no delta-m."),
      reasons(training));
  };
  return { element, draw };
}

