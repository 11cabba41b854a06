// The Pareto front: which models no other beats, for each pair of tasks, and how much of the space they cover.

import { frontPanel } from "../../charts/front.js";
import { download, get } from "../../lib/api.js";
import { empty, field, h, replace, segmented } from "../../lib/dom.js";
import { number, percent, plural } from "../../lib/format.js";
import { FEW_TASKS, beatenBy, colours, labelOf, measured, methodTitle, pairs, singleValues, unitOf } from "../../lib/multitask.js";
import { figure } from "../atlas/table.js";
import { problemBox } from "../problem.js";

const SPLITS = [["test", "test images"], ["validation", "validation images"]];

const FATES = { nothing: null, single: "only single-task networks are as good in every task", shared: "dominated: another shared network is as good in every task" };

function volume(front, fates, tasks) {
  if (front.hypervolume === null) return null;
  const shared = fates.filter((_, index) => front.points[index].shared);
  const error = front.exact ? "" : ` ± ${percent(front.standard_error, 2)}`;
  const reference = front.axes.map((axis, index) => `${tasks.find((task) => task.task === axis.task).title} ${measured({ mean: front.reference_point[index] }, axis)} ${unitOf(axis)}`.trim()).join(", ");
  return h("dl", { class: "figures few" },
    figure("Best trade-offs", `${shared.filter((fate) => fate !== "shared").length} of ${shared.length}`, `shared networks that no other beats in ${plural(front.axes.length, "task")} together`),
    figure("Hypervolume", number(front.hypervolume), `of all models, up to the reference point${front.axes.length <= FEW_TASKS ? ` (${reference})` : ""}`),
    figure("Of the box to the best values", `${percent(front.hypervolume_share, 1)}${error}`, "100%: one model is best in every task"));
}

export function frontSection(path, signal) {
  const element = h("div");
  let shown = null;
  let drawnFor = null;
  let split = "test";
  let chosen = null;

  const axesOf = (training) => {
    if (training.tasks.length <= FEW_TASKS) return training.tasks;
    chosen ??= training.tasks.slice(0, 2).map((task) => task.task);
    return chosen.map((name) => training.tasks.find((task) => task.task === name));
  };
  const choice = (training, place) => field(place ? "Up" : "Across", h("select", {
    onchange: (event) => {
      chosen = chosen.map((name, index) => (index === place ? event.target.value : name));
      draw(training);
    },
  }, training.tasks.filter((task) => task.task !== chosen[1 - place]).map((task) => h("option", { value: task.task, selected: task.task === chosen[place] }, task.title))));

  const show = (training, front, axes) => {
    const color = colours(training);
    const single = singleValues(front);
    const fates = beatenBy(front);
    const points = front.points.map((point, index) => ({
      ...point, color: color(point), hollow: fates[index] === "shared", after: FATES[fates[index]], lines: [`${labelOf(point, training.tasks)}, seed ${point.seed}`],
    }));
    const many = training.tasks.length > FEW_TASKS;
    replace(element,
      h("div", { class: "controls" }, segmented("Values on", SPLITS, split, (value) => {
        split = value;
        draw(training);
      }),
      h("button", { type: "button", class: "quiet", onclick: () => download(`${path}/front.svg?tasks=${axes.map((axis) => encodeURIComponent(axis.task)).join()}&split=${split}`, "front.svg") }, "Save as SVG")),
      many ? h("div", { class: "fields slim" }, choice(training, 0), choice(training, 1)) : null,
      volume(front, fates, training.tasks),
      h("ul", { class: "key" }, [...new Set(points.map((point) => point.method))].map((method) => h("li", { style: { "--group": color({ method }) } }, h("span", { class: "swatch" }), methodTitle(method)))),
      h("div", { class: pairs(axes.length).length % 3 ? "wide-grid" : "chart-grid" }, pairs(axes.length).map(([across, up]) => frontPanel({
        axes: [axes[across], axes[up]], single: single && [single[across], single[up]],
        points: points.map((point) => ({ ...point, values: [point.values[across], point.values[up]] })),
      }))),
      h("p", { class: "hint" }, "Arrows at the axes point to where a task is better. Shared networks are circles, filled where no other shared one beats them in all axes together; the line joins those of each picture by itself. Single-task networks are diamonds, dashed lines their mean."));
  };

  const draw = async (training) => {
    shown = training;
    const axes = axesOf(training);
    const models = training.results.filter((run) => run.model_id).map((run) => run.model_id).join();
    const wanted = [models, split, axes.map((axis) => axis.task).join()].join("\n");
    if (wanted === drawnFor?.wanted) {
      if (drawnFor.front) show(training, drawnFor.front, axes); // colours may have changed
      return;
    }
    if (!models) {
      replace(element, empty("No model yet", "Models appear here as runs end."));
      return;
    }
    drawnFor = { wanted, front: null };
    try {
      const front = await get(`${path}/front?tasks=${axes.map((axis) => encodeURIComponent(axis.task)).join()}&split=${split}`, { signal });
      if (drawnFor.wanted !== wanted) return;
      drawnFor.front = front;
      show(shown, front, axes);
    } catch (error) {
      drawnFor = null;
      if (!signal.aborted) replace(element, problemBox(error));
    }
  };
  return { element, draw };
}
