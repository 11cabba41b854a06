// Class by class: what each method gets right, and what it says the target consists of.

import { byClass, methodTitle } from "../../lib/adaptations.js";
import { empty, h, replace, segmented } from "../../lib/dom.js";
import { mean, percent } from "../../lib/format.js";
import { table } from "../atlas/table.js";

const cell = (value) => (value === null ? h("td", { class: "class-cell" }, "–") : h("td", { class: "class-cell", style: { "--share": percent(value, 1) } }, percent(value)));

const heads = (methods) => methods.map((method) => h("span", { dataset: { method } }, h("span", { class: "swatch" }), methodTitle(method)));

const FIELDS = {
  per_class: { name: "Accuracy", about: "Share of the target's examples of each class that are recognised, at the step chosen without labels; mean over seeds." },
  predicted_shares: { name: "What the target is taken for", about: "Share of each class among the predictions for the whole target; no labels are needed for it. Outlier classes should have none." },
};

export function classesPanel() {
  const element = h("div");
  let field = "per_class";
  let shown = null;
  const draw = (adaptation) => {
    shown = adaptation;
    const there = Object.keys(FIELDS).filter((name) => byClass(adaptation, name).rows.length);
    if (!there.length) {
      replace(element, empty("Nothing yet", adaptation.status === "training" ? "Classes appear here as runs end." : "No run has a model."));
      return;
    }
    if (!there.includes(field)) [field] = there;
    const { methods, rows } = byClass(adaptation, field);
    const outlier = (name) => adaptation.outlier_classes?.includes(name);
    const sorted = [...rows].sort((one, other) => Boolean(outlier(one.name)) - Boolean(outlier(other.name)));
    replace(element,
      there.length > 1 ? h("div", { class: "controls" }, segmented("Show", there.map((name) => [name, FIELDS[name].name]), field, (name) => {
        field = name;
        draw(shown);
      })) : null,
      table(FIELDS[field].name, ["Class", ...heads(methods)],
        sorted.map((row) => h("tr", { class: outlier(row.name) ? "is-baseline" : null }, h("th", { scope: "row" }, row.name, outlier(row.name) ? " (outlier)" : ""), row.values.map(cell))),
        field === "per_class" ? [h("tr", null, h("th", { scope: "row" }, "Mean of classes"), methods.map((_, column) => cell(mean(rows.map((row) => row.values[column])))))] : []),
      h("p", { class: "hint" }, FIELDS[field].about));
  };
  return { element, draw };
}
