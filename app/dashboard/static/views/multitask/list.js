// All multi-task trainings, and how to start one.

import { all } from "../../lib/api.js";
import { SINGLE, change, colours, labelOf, loadMethods } from "../../lib/multitask.js";
import { empty, h, replace } from "../../lib/dom.js";
import { ago, plural } from "../../lib/format.js";
import { problemBox } from "../problem.js";
import { multitaskForm } from "./form.js";

const MOST_ROWS = 5;

/** The best methods by delta-m, or by mean rank where nothing was trained for single tasks. */
function best(training) {
  const shared = training.summary.filter((each) => each.n && each.method !== SINGLE);
  const judged = shared.filter((each) => each.delta_m.mean !== null).sort((one, other) => one.delta_m.mean - other.delta_m.mean);
  const color = colours(training);
  const row = (each, said) => h("span", { class: "card-figure", style: { "--group": color(each) } }, h("span", null, h("span", { class: "swatch" }), labelOf(each, training.tasks)), said);
  if (judged.length) {
    return judged.slice(0, MOST_ROWS).map((each) => {
      const { tone, text } = change(each.delta_m.mean);
      return row(each, h("span", { class: `verdict is-${tone}` }, text));
    });
  }
  return shared.filter((each) => each.mean_rank !== null).sort((one, other) => one.mean_rank - other.mean_rank).slice(0, MOST_ROWS)
    .map((each) => row(each, h("span", { class: "muted" }, `mean rank ${each.mean_rank.toFixed(1)}`)));
}

function card(training) {
  return h("li", null, h("a", { class: "card atlas-card", href: `#/multitask/${encodeURIComponent(training.id)}` },
    h("span", { class: "card-head" }, h("span", { class: "card-title" }, training.name), h("span", { class: "chip", dataset: { state: training.status } }, training.status)),
    h("span", { class: "facts" }, h("span", null, plural(training.tasks.length, "task")), h("span", null, plural(training.methods.length, "method")), h("span", null, plural(training.seeds.length, "seed"))),
    h("span", { class: "card-figures" }, best(training)), h("span", { class: "muted small" }, ago(training.created_at))));
}

export async function multitaskListPage(signal) {
  document.title = "Multi-task training · Task Atlas";
  const [trainings] = await Promise.all([all("/multitask", { signal }), loadMethods(signal)]);
  const form = h("div", null, h("p", { class: "loading" }, "Loading"));
  const started = (job) => {
    location.hash = `#/multitask/${encodeURIComponent(job.resource.id)}`;
  };
  multitaskForm(started, signal).then((made) => replace(form, made), (error) => {
    if (!signal.aborted) replace(form, problemBox(error));
  });
  return [
    h("header", { class: "hero" },
      h("h1", null, "One network, several tasks"),
      h("p", null, "Tasks that share a network compete for it. Train them together in several ways, see what each task gains or loses against a network of its own, and choose the trade-off that answers.")),
    h("div", { class: "columns" },
      h("section", { "aria-labelledby": "trainings-title" }, h("h2", { id: "trainings-title" }, "Multi-task trainings"),
        trainings.length ? h("ul", { class: "cards" }, trainings.map(card)) : empty("No training yet", "Start one from a data set with labels of two tasks or more.")),
      h("aside", null, h("section", { class: "panel", "aria-labelledby": "start-title" }, h("h2", { id: "start-title" }, "Start a training"), form))),
  ];
}
