// Accuracies, scores and losses as they went, of every method; the legend points one out.

import { lines } from "../../charts/lines.js";
import { meanCurve, methodTitle, runsByMethod, selectorTitle } from "../../lib/adaptations.js";
import { empty, h, replace } from "../../lib/dom.js";
import { number, percent } from "../../lib/format.js";

const LOSSES = { classification: "Classification loss", adversarial: "Adversarial loss", entropy: "Entropy of the target", auxiliary: "Auxiliary loss", complement: "Complement loss" };

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function charts(selector) {
  return [
    { title: "Accuracy on the target", pick: (run) => run.curves.target_accuracy, format: percent, ceiling: 1, marked: true },
    { title: "Accuracy on the held-out source", pick: (run) => run.curves.source_accuracy, format: percent, ceiling: 1 },
    { title: `${capital(selectorTitle(selector))}, which chooses the step`, pick: (run) => run.curves.scores[selector], format: number },
    ...Object.entries(LOSSES).map(([name, title]) => ({ title, pick: (run) => run.curves.losses[name], format: number, floor: 0 })),
  ];
}

function marks(run) {
  const at = (step) => run.curves.target_accuracy[run.curves.steps.indexOf(step)];
  return [["chosen", run.step_label_free], ["oracle", run.step_oracle]].map(([kind, step]) => ({ kind, step, value: step && at(step) }))
    .filter((mark) => mark.value !== null && mark.value !== undefined);
}

const pointsOf = (run, values) => run.curves.steps.map((step, index) => [step, values?.[index] ?? null]).filter(([, value]) => value !== null);

export function curvesPanel() {
  const element = h("div");
  let shown = null;
  let on = null;
  const draw = (adaptation) => {
    shown = adaptation;
    const methods = runsByMethod(adaptation);
    if (!methods.length) {
      replace(element, empty("Nothing measured yet", "Curves appear here after the first evaluation."));
      return;
    }
    const drawn = charts(adaptation.config.selector).map(({ pick, marked, ...chart }) => {
      const series = methods.map(([method, runs]) => ({
        key: method, label: methodTitle(method), mean: meanCurve(runs, pick),
        runs: runs.map((run) => ({ points: pointsOf(run, pick(run)), marks: marked ? marks(run) : [] })),
      })).filter((each) => each.mean.length);
      return series.length ? lines({ ...chart, series, on: series.some((each) => each.key === on) ? on : null, last: adaptation.config.steps }) : null;
    });
    const point = (method) => {
      on = on === method ? null : method;
      draw(shown);
      element.querySelector(`button[data-method="${CSS.escape(method)}"]`)?.focus();
    };
    replace(element,
      h("div", { class: "method-keys" }, methods.map(([method]) => h("button", { type: "button", class: "quiet method-key", dataset: { method }, "aria-pressed": String(on === method), onclick: () => point(method) },
        h("span", { class: "swatch" }), methodTitle(method)))),
      h("p", { class: "hint" }, on ? "Thin lines are its seeds; a dot marks the step chosen without labels, a diamond the oracle's." : "Means over seeds. Choose a method to see its seeds, and which steps were chosen."),
      h("div", { class: "chart-grid" }, drawn));
  };
  return { element, draw };
}
