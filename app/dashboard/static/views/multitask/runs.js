// Every run with its numbers, and its model to take away.

import { download } from "../../lib/api.js";
import { h, replace } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { FEW_TASKS, SINGLE, colours, labelOf, measured } from "../../lib/multitask.js";
import { table } from "../atlas/table.js";
import { changed, methodHead, taskHead } from "./results.js";

const valueOf = (run, task) => ({ mean: run.metrics[task.task]?.[task.metric] ?? null });

function ended(training, run, path, color, shown) {
  return h("tr", null, methodHead(labelOf(run, training.tasks), color(run)), h("td", null, run.seed),
    shown.map((task) => h("td", null, measured(valueOf(run, task), task))),
    h("td", null, run.method === SINGLE || run.delta_m === null ? "–" : changed(run.delta_m)), h("td", null, run.mean_rank === null ? "–" : run.mean_rank.toFixed(2)), h("td", null, number(run.stationarity)),
    h("td", null, run.error ? h("span", { class: "verdict is-bad", title: run.error.detail }, `diverged at step ${run.error.step}`) : null, run.model_id ? h("button", { type: "button", class: "quiet", "aria-label": `Download the model of ${run.title}`,
      onclick: () => download(`${path}/models/${encodeURIComponent(run.model_id)}`, `${run.method}-seed-${run.seed}.safetensors`) }, "Download") : null,
    run.model_id && run.model_id === training.preferred_model ? h("span", { class: "beside muted" }, "the default") : null));
}

const going = (training, run, color, shown) => h("tr", { class: "is-baseline" }, methodHead(labelOf(run, training.tasks), color(run)), h("td", null, run.seed),
  shown.map(() => h("td", null, "–")), h("td", null, "–"), h("td", null, "–"), h("td", null, number(run.stationarity)), h("td", null, run.status));

export function runsPanel(path) {
  const element = h("div");
  const draw = (training) => {
    const color = colours(training);
    const shown = training.tasks.length <= FEW_TASKS ? training.tasks : [];
    replace(element,
      table("Runs", ["Method", "Seed", ...shown.map(taskHead), "delta-m", "Mean rank", "Stationarity", "Model"],
        [...training.results.map((run) => ended(training, run, path, color, shown)), ...training.running.map((run) => going(training, run, color, shown))]),
      h("p", { class: "hint" }, "Mean rank is among all runs here, not among methods. A model is one safetensors file: weights, tasks and the description of its network."));
  };
  return { element, draw };
}
