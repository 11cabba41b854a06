// Methods side by side: three accuracies that are never mixed, and whether each made it worse.

import { methodTitle, selectorTitle, spread, verdictWords } from "../../lib/adaptations.js";
import { h, replace } from "../../lib/dom.js";
import { number, percent, plural } from "../../lib/format.js";
import { figure, table } from "../atlas/table.js";

export const methodHead = (name) => h("th", { scope: "row", dataset: { method: name } }, h("span", { class: "swatch" }), methodTitle(name));

const bar = (method, value, n, oracle = false) => h("td", { class: `rate${oracle ? " is-oracle" : ""}`, dataset: { method } }, value.mean === null ? "–" : [
  h("span", { class: "rate-track is-plain", "aria-hidden": "true" }, h("span", { style: { width: percent(value.mean, 1) } })), spread(value, n)]);

const COLUMNS = ["Method", "Chosen without labels", "Last step", "Oracle: best step by target labels", "Held-out source", "Negative transfer?"];

function row(summary, status) {
  const { tone, title, text } = verdictWords(summary, status);
  const runs = summary.diverged ? `${plural(summary.diverged, "run")} diverged` : "";
  return h("tr", { class: summary.method === "source-only" ? "is-yardstick" : null },
    methodHead(summary.method), bar(summary.method, { mean: summary.mean, std: summary.std }, summary.n),
    h("td", null, spread(summary.last, summary.n)), bar(summary.method, summary.oracle, summary.n, true), h("td", null, spread(summary.source, summary.n)),
    h("td", { class: "verdict-cell" }, h("span", { class: `verdict is-${tone}` }, title), text ? h("span", { class: "muted small" }, ` ${text}`) : null, runs ? h("span", { class: "verdict is-bad" }, ` ${runs}`) : null));
}

/** In a sentence or two: does the model that is served by default do better than doing nothing? */
function headline(adaptation) {
  const preferred = adaptation.results.find((run) => run.model_id === adaptation.preferred_model);
  if (!preferred) return null;
  const summary = adaptation.summary.find((each) => each.method === preferred.method);
  const { tone, title, text } = verdictWords(summary, adaptation.status);
  return h("dl", { class: "figures few" },
    figure("Served by default", `${methodTitle(preferred.method)}, seed ${preferred.seed}`, `highest ${selectorTitle(preferred.selector)} of all runs (${number(preferred.score)}); target labels play no part`),
    preferred.accuracy_label_free === null ? null : figure("Its accuracy on the target", percent(preferred.accuracy_label_free, 1), `at step ${preferred.step_label_free.toLocaleString("en")} of ${preferred.step_last.toLocaleString("en")}`),
    summary.method === "source-only" ? null : figure("Did adapting help?", h("span", { class: `verdict is-${tone}` }, title), text));
}

function reasons(adaptation, open, toggled) {
  const judged = adaptation.summary.filter((each) => each.verdict);
  if (!judged.length) return null;
  return h("details", { class: "as-table", open, ontoggle: (event) => toggled(event.target.open) }, h("summary", null, "What the verdicts rest on"),
    judged.map((each) => [
      h("h3", { class: "spaced", dataset: { method: each.method } }, h("span", { class: "swatch" }), methodTitle(each.method)),
      h("ul", { class: "reasons" }, each.verdict.reasons.map((reason) => h("li", { dataset: { says: reason.says } }, reason.text)))]),
    h("p", { class: "hint" }, judged[0].verdict.judged_by === "labels" ? "By accuracy on the labelled target, paired by seed." : "Without labels, by signs; each of them can err."));
}

function advice(adaptation) {
  const worse = adaptation.summary.filter((each) => each.verdict?.verdict === "worse").map((each) => methodTitle(each.method));
  if (!worse.length) return null;
  return h("p", { class: "problem" }, h("b", null, `${worse.join(", ")}: worse than not adapting. `),
    "Ask another method's model for predictions (Try it, below), or source-only's.");
}

export function methodsPanel() {
  const element = h("div");
  let open = false;
  const draw = (adaptation) => {
    const labelled = adaptation.summary.some((each) => each.mean !== null);
    replace(element,
      headline(adaptation), advice(adaptation),
      table("Methods over seeds", COLUMNS, adaptation.summary.map((each) => row(each, adaptation.status))),
      h("p", { class: "hint" },
        labelled || adaptation.status === "training" ? `Percent of the labelled target, mean ± deviation over ${plural(adaptation.seeds.length, "seed")}. ` : "The target has no labels, so there are no accuracies on it. ",
        `“Chosen without labels” is the step with the highest ${selectorTitle(adaptation.config.selector)}: what a user gets. The oracle picks the step by target labels, as published figures often do: compare it with other oracles only.`),
      reasons(adaptation, open, (is) => { open = is; }));
  };
  return { element, draw };
}
