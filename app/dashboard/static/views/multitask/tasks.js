// Many tasks: one row each, those first that a method serves worst.

import { SINGLE, keyOf, labelOf, measured, methodTitle, metricWords, preferenceWords, taskRows } from "../../lib/multitask.js";
import { empty, field, h, replace } from "../../lib/dom.js";
import { table } from "../atlas/table.js";
import { changed, taskHead } from "./results.js";

const cell = (task, { value, n, change }) => h("td", null, measured(value, task, n), change === null ? null : h("span", { class: "beside" }, changed(change)));

export function tasksPanel() {
  const element = h("div");
  let sortedBy = null;
  const draw = (training) => {
    const measuredOnes = training.summary.filter((each) => each.n);
    if (!measuredOnes.length) {
      replace(element, empty("Nothing yet", training.status === "training" ? "Tasks appear here as runs end." : "No run has a model."));
      return;
    }
    const sorting = measuredOnes.filter((each) => each.method !== SINGLE);
    if (!sorting.some((each) => keyOf(each) === sortedBy)) {
      const served = training.results.find((run) => run.model_id && run.model_id === training.preferred_model);
      sortedBy = sorting.length ? keyOf(sorting.find((each) => served && keyOf(each) === keyOf(served)) ?? sorting[0]) : null;
    }
    const { columns, rows } = taskRows(training, sortedBy);
    const choice = h("select", {
      onchange: (event) => {
        sortedBy = event.target.value;
        draw(training);
      },
    }, sorting.map((each) => h("option", { value: keyOf(each), selected: keyOf(each) === sortedBy }, labelOf(each, training.tasks))));
    const alike = new Set(training.tasks.map((task) => `${metricWords(task)} ${task.higher_is_better}`)).size === 1;
    const changes = rows.some((row) => row.cells.some((each) => each.change !== null));
    replace(element,
      sorting.length > 1 && changes ? h("div", { class: "slim" }, field("Sorted by the change under", choice)) : null,
      table("Tasks", ["Task", ...columns.map((each) => [methodTitle(each.method), each.preference ? h("span", { class: "metric" }, preferenceWords(each.preference, training.tasks)) : null])],
        rows.map(({ task, cells }) => h("tr", null, h("th", { scope: "row" }, alike ? task.title : taskHead(task)), cells.map((each) => cell(task, each))))),
      h("p", { class: "hint" }, alike ? `Values: ${metricWords(training.tasks[0])}, ${training.tasks[0].higher_is_better ? "higher" : "lower"} is better. ` : "", changes ? "Beside each: the change against single-task networks, negative is better." : ""));
  };
  return { element, draw };
}
