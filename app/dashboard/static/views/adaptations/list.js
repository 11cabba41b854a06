// All adaptations, and how to start one.

import { all } from "../../lib/api.js";
import { methodTitle, spread } from "../../lib/adaptations.js";
import { empty, h, replace } from "../../lib/dom.js";
import { ago, percent, plural } from "../../lib/format.js";
import { problemBox } from "../problem.js";
import { adaptationForm } from "./form.js";

function bars(adaptation) {
  const measured = adaptation.summary.filter((each) => each.mean !== null);
  if (!measured.length) return null;
  return h("span", { class: "card-bars" }, measured.map((each) => h("span", { class: "card-bar", dataset: { method: each.method } },
    h("span", { class: "muted small" }, methodTitle(each.method)),
    h("span", { class: "rate-track is-plain", "aria-hidden": "true" }, h("span", { style: { width: percent(each.mean, 1) } })),
    h("span", { class: "small" }, spread(each, 1)))));
}

function card(adaptation) {
  const { shared_classes: shared } = adaptation;
  return h("li", null, h("a", { class: "card atlas-card", href: `#/adaptations/${encodeURIComponent(adaptation.id)}` },
    h("span", { class: "card-head" }, h("span", { class: "card-title" }, adaptation.name), h("span", { class: "chip", dataset: { state: adaptation.status } }, adaptation.status)),
    h("span", { class: "facts" },
      h("span", null, plural(adaptation.classes.length, "class", "classes"), shared ? ` → ${shared.length}` : " → unknown"),
      h("span", null, plural(adaptation.methods.length, "method")), h("span", null, plural(adaptation.seeds.length, "seed"))),
    bars(adaptation), h("span", { class: "muted small" }, ago(adaptation.created_at))));
}

export async function adaptationsPage(signal) {
  document.title = "Adaptations · Task Atlas";
  const adaptations = await all("/adaptations", { signal });
  const form = h("div", null, h("p", { class: "loading" }, "Loading"));
  const started = (job) => {
    location.hash = `#/adaptations/${encodeURIComponent(job.resource.id)}`;
  };
  adaptationForm(started, signal).then((made) => replace(form, made), (error) => {
    if (!signal.aborted) replace(form, problemBox(error));
  });
  return [
    h("header", { class: "hero" },
      h("h1", null, "Fewer classes, another look, no labels"),
      h("p", null, "An adaptation takes a classifier from a labelled source with many classes to an unlabelled target that has only some of them, and says whether that helped.")),
    h("div", { class: "columns" },
      h("section", { "aria-labelledby": "adaptations-title" }, h("h2", { id: "adaptations-title" }, "Adaptations"),
        adaptations.length ? h("ul", { class: "cards" }, adaptations.map(card)) : empty("No adaptation yet", "Start one from two data sets with classes.")),
      h("aside", null, h("section", { class: "panel", "aria-labelledby": "start-title" }, h("h2", { id: "start-title" }, "Start an adaptation"), form))),
  ];
}
