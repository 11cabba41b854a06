// One novel target: its sources ranked among its baselines, and its best model at work.

import { post } from "../../lib/api.js";
import { h, replace } from "../../lib/dom.js";
import { number, plural } from "../../lib/format.js";
import { withUnit } from "../../lib/metrics.js";
import { declare, titles } from "../../lib/tasks.js";
import { problemBox } from "../problem.js";
import { predicted } from "./predictions.js";
import { imageSlots } from "./slots.js";
import { figure, rate, table } from "./table.js";

const SHOWN = 15;

/** Transfers and baselines in one list, the lowest validation loss first. */
export function standing(target) {
  const entries = target.ranking.map((model) => ({ ...model, label: titles(model.sources) }));
  if (target.scratch) entries.push({ ...target.scratch, label: "From scratch", baseline: true });
  if (target.constant) entries.push({ ...target.constant, label: "Best constant guess", baseline: true });
  return entries.sort((a, b) => a.validation_loss - b.validation_loss);
}

function ranking(target) {
  const [metric, about] = Object.entries(target.facts.metrics)[0] ?? [];
  const entries = standing(target).map((entry, index) => ({ ...entry, place: index + 1 }));
  const kept = entries.filter((entry) => entry.place <= SHOWN || entry.baseline);
  const columns = ["", "Source", "Validation loss", "Beats scratch (gain)", "Beats the best constant", metric ? metric.replaceAll("_", " ") : ""];
  return [
    table("Ranking of sources", columns, kept.map((entry) => h("tr", { class: entry.baseline ? "is-baseline" : null },
      h("td", { class: "muted" }, entry.place), h("th", { scope: "row" }, entry.label), h("td", null, number(entry.validation_loss)),
      rate(entry.win_rate_vs_scratch), rate(entry.win_rate_vs_constant),
      h("td", null, metric && metric in entry.metrics ? withUnit(entry.metrics[metric], about.unit) : "–")))),
    entries.length > kept.length ? h("p", { class: "hint" }, `${entries.length - kept.length} more stand lower.`) : null,
    h("p", { class: "hint" }, "Ranked on validation images; all other figures are of test images."),
  ];
}

function tryIt(target, path, signal) {
  const answer = h("div", { class: "predictions", "aria-live": "polite" });
  const needed = target.facts.inputs;
  const slots = imageSlots(needed, async (views) => {
    replace(answer);
    if (views.length < needed) return;
    const form = new FormData();
    views.forEach((view) => form.append("image", view));
    form.append("png", "true");
    try {
      const { predictions } = await post(`${path}/targets/${encodeURIComponent(target.id)}/infer`, { form, signal });
      replace(answer, predictions.map((item) => predicted(item)));
    } catch (error) {
      if (!signal.aborted) replace(answer, problemBox(error));
    }
  });
  return [h("h3", { class: "spaced" }, "Try its best model"), slots.element, answer];
}

/** What `GET /atlases/{id}/targets/{target}` answers, drawn. */
export function targetView(target, path, signal) {
  if (!target.facts) return h("p", { class: "hint" }, target.status === "training" ? "Its ranking appears here as it is trained." : "Nothing was trained for it.");
  declare([{ name: target.task, title: target.facts.title, inputs: target.facts.inputs }]);
  const { labels, validation, test } = target.images;
  return [
    h("dl", { class: "figures spaced" },
      figure("Best", target.best ? (target.best.kind === "scratch" ? "From scratch" : titles(target.best.sources)) : "not known yet", `of ${plural(target.ranking.length, "transfer")} and a network from scratch`),
      figure("Labels", labels.toLocaleString("en"), `${validation} more to choose on, ${test} to test on`)),
    ranking(target),
    target.best ? tryIt(target, path, signal) : null,
  ];
}
