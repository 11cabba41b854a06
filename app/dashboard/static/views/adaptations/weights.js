// Are outlier classes switched off? Class weights of every method over time.

import { legend } from "../../charts/heatmap.js";
import { weightStrip } from "../../charts/weights.js";
import { meanWeights, methodTitle, outlierRatio, ratioWords, runsByMethod, weighsAlike } from "../../lib/adaptations.js";
import { linearScale } from "../../lib/color.js";
import { empty, h, replace } from "../../lib/dom.js";
import { list, number } from "../../lib/format.js";

function rowsOf(weights, shared) {
  const rows = Object.entries(weights).map(([name, values]) => ({ name, values, outlier: shared !== null && !shared.includes(name) }));
  return rows.sort((one, other) => one.outlier - other.outlier);
}

export function weightsPanel() {
  const element = h("div");
  const draw = (adaptation) => {
    const { shared_classes: shared } = adaptation;
    const found = runsByMethod(adaptation).map(([method, runs]) => [method, meanWeights(runs)]).filter(([, weights]) => weights);
    const alike = found.filter(([, weights]) => weighsAlike(weights)).map(([method]) => methodTitle(method));
    const weighing = found.filter(([, weights]) => !weighsAlike(weights));
    const uniform = alike.length ? h("p", { class: "hint" }, `${list(alike)} ${alike.length === 1 ? "counts" : "count"} every class alike, outliers too.`) : null;
    if (!weighing.length) {
      replace(element, found.length ? uniform : empty("No class weights", "They appear here with the first evaluation of a method that weighs classes."));
      return;
    }
    const scale = linearScale(weighing.flatMap(([, { weights }]) => Object.values(weights).flat()));
    replace(element,
      h("div", { class: "legend-box" }, legend(scale, number, "from no weight to the highest"), h("span", { class: "hint" }, "weight in the adversarial loss; the mean over classes is 1")),
      h("div", { class: "chart-grid" }, weighing.map(([method, each]) => {
        const ratio = outlierRatio(each, shared);
        return weightStrip({
          title: methodTitle(method), method, steps: each.steps, rows: rowsOf(each.weights, shared), scale,
          words: ratio === null ? "Which classes are outliers is not known here." : ratioWords(ratio),
        });
      })),
      uniform);
  };
  return { element, draw };
}
