// How much each task counted in the shared network's update, evaluation by evaluation.

import { legend } from "../../charts/heatmap.js";
import { LONGEST, weightStrip } from "../../charts/weights.js";
import { linearScale } from "../../lib/color.js";
import { empty, h, replace } from "../../lib/dom.js";
import { list, percent, plural } from "../../lib/format.js";
import { colours, groupsOf, meanTaskWeights, weighsAlike } from "../../lib/multitask.js";

/** What it ended with, in words. */
function words({ steps, weights }, tasks) {
  const last = tasks.map((task) => [task.title, weights[task.task].at(-1)]).sort(([, one], [, other]) => other - one);
  const [most, least] = [last[0], last.at(-1)];
  return `At step ${steps.at(-1).toLocaleString("en")}: ${most[0]} ${percent(most[1])}, ${least[0]} ${percent(least[1])}.`;
}

export function taskWeightsPanel() {
  const element = h("div");
  const draw = (training) => {
    const color = colours(training);
    const found = groupsOf(training).map((group) => [group, meanTaskWeights(group.runs)]).filter(([, weights]) => weights);
    const alike = found.filter(([, weights]) => weighsAlike(weights)).map(([{ label }]) => label);
    const weighing = found.filter(([, weights]) => !weighsAlike(weights));
    const uniform = alike.length ? h("p", { class: "hint" }, `${list(alike)} ${alike.length === 1 ? "counts" : "count"} every task alike.`) : null;
    if (!weighing.length) {
      replace(element, found.length ? uniform : empty("No task weights", "They appear here with the first evaluation of a method that weighs tasks."));
      return;
    }
    const long = training.tasks.some((task) => task.title.length > LONGEST);
    const scale = linearScale(weighing.flatMap(([, { weights }]) => Object.values(weights).flat()));
    replace(element,
      h("div", { class: "legend-box" }, legend(scale, percent, "from no weight to the highest"), h("span", { class: "hint" }, `share of the update, mean over seeds; all alike is ${percent(1 / training.tasks.length, 1)} for each of ${plural(training.tasks.length, "task")}`)),
      h("div", { class: "chart-grid" }, weighing.map(([group, each]) => weightStrip({
        title: group.label, color: color(group), steps: each.steps, scale, words: words(each, training.tasks),
        rows: training.tasks.map((task) => ({ name: long ? task.task.replaceAll("_", " ") : task.title, values: each.weights[task.task], outlier: false })),
      }))), uniform);
  };
  return { element, draw };
}
