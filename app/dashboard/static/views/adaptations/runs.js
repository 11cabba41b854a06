// Every run with its numbers, and its model to take away.

import { download } from "../../lib/api.js";
import { selectorTitle } from "../../lib/adaptations.js";
import { h, replace } from "../../lib/dom.js";
import { percent } from "../../lib/format.js";
import { table } from "../atlas/table.js";
import { methodHead } from "./methods.js";

const at = (accuracy, step) => (step === null || step === undefined ? "–" : [percent(accuracy, 1), h("span", { class: "muted small" }, ` step ${step.toLocaleString("en")}`)]);

function ended(run, path, preferred) {
  return h("tr", null, methodHead(run.method), h("td", null, run.seed),
    h("td", null, at(run.accuracy_label_free, run.step_label_free)), h("td", null, at(run.accuracy_last, run.step_last)), h("td", { class: "is-oracle" }, at(run.accuracy_oracle, run.step_oracle)),
    h("td", null, run.error ? h("span", { class: "verdict is-bad", title: run.error.detail }, `diverged at step ${run.error.step}`) : run.model_id === preferred ? "served by default" : ""),
    h("td", null, run.model_id ? h("button", { type: "button", class: "quiet", "aria-label": `Download the model of ${run.method}, seed ${run.seed}`,
      onclick: () => download(`${path}/models/${encodeURIComponent(run.model_id)}`, `${run.method}-seed-${run.seed}.safetensors`) }, "Download") : null));
}

const going = (run) => h("tr", { class: "is-baseline" }, methodHead(run.method), h("td", null, run.seed),
  h("td", null, "–"), h("td", null, run.curves ? at(run.curves.target_accuracy.at(-1), run.curves.steps.at(-1)) : "–"), h("td", null, "–"), h("td", null, run.curves ? "running" : "waiting"), h("td"));

function bySelector(adaptation, open, toggled) {
  const names = [...new Set(adaptation.results.flatMap((run) => Object.keys(run.by_selector)))];
  if (!names.length) return null;
  return h("details", { class: "as-table", open, ontoggle: (event) => toggled(event.target.open) }, h("summary", null, "What other label-free scores would have chosen"),
    table("By selector", ["Method", "Seed", ...names.map(selectorTitle)], adaptation.results.filter((run) => run.curves).map((run) => h("tr", null, methodHead(run.method), h("td", null, run.seed),
      names.map((name) => h("td", null, at(run.by_selector[name].accuracy, run.by_selector[name].step)))))));
}

export function runsPanel(path) {
  const element = h("div");
  let open = false;
  const draw = (adaptation) => {
    const rows = [...adaptation.results.map((run) => ended(run, path, adaptation.preferred_model)), ...adaptation.running.map(going)];
    replace(element,
      table("Runs", ["Method", "Seed", "Chosen without labels", "Last step", "Oracle", "", "Model"], rows),
      h("p", { class: "hint" }, "A model is one safetensors file: weights, class names and the description of its network."),
      bySelector(adaptation, open, (is) => { open = is; }));
  };
  return { element, draw };
}
