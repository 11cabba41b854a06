// One task through the frozen encoders of others: what every source lets a small network see.

import { all, post } from "../../lib/api.js";
import { h, replace, uid } from "../../lib/dom.js";
import { percent, plural } from "../../lib/format.js";
import { byGroup, group, title, titles } from "../../lib/tasks.js";
import { problemBox } from "../problem.js";
import { inputs, predicted } from "./predictions.js";

const SHOWN = 30;

const words = (transfer) => h("p", { class: "numbers" }, `gain ${percent(transfer.win_rate_vs_scratch)}, quality ${percent(transfer.win_rate_vs_full)}`);

function label(sources) {
  const [first] = sources;
  return h("figcaption", null, h("span", { class: "swatch", dataset: { group: group(first) } }), titles(sources));
}

/** {element, show(views)}: nothing is asked before somebody chooses a task. */
export function throughSources(path, atlas, signal) {
  const id = uid("through");
  const orderId = uid("order");
  const targets = byGroup(atlas.targets);
  const target = h("select", { id }, h("option", { value: "" }, "choose a task"), targets.map((name) => h("option", { value: name }, title(name))));
  const order = h("select", { id: orderId }, atlas.orders.map((each) => h("option", { value: each }, each === 1 ? "one source" : `${each} sources`)));
  const answer = h("div");
  const status = h("p", { class: "hint", "aria-live": "polite" });
  const element = h("section", { class: "sub", hidden: true, "aria-label": "One task through its sources" },
    h("h3", null, "One task through its sources"),
    h("p", { class: "intro" }, "The same task, read out of the frozen encoders of others: the best source first."),
    h("div", { class: "controls" },
      h("div", { class: "field slim" }, h("label", { for: id }, "Task"), target),
      h("div", { class: "field slim" }, h("label", { for: orderId }, "Through"), order)),
    status, answer);
  let given = [];
  let question = new AbortController();

  const look = async () => {
    question.abort();
    replace(answer);
    status.textContent = "";
    const name = target.value;
    if (!name || !given.length) return;
    if (inputs(name) > given.length) {
      status.textContent = `${title(name)} needs ${plural(inputs(name), "view")}, ${given.length} given.`;
      return;
    }
    question = new AbortController();
    const mine = AbortSignal.any([question.signal, signal]);
    status.textContent = "Looking through every source…";
    try {
      const found = await all(`${path}/transfers?target=${encodeURIComponent(name)}&order=${order.value}`, { signal: mine });
      const best = found.filter((transfer) => transfer.affinity !== null).sort((a, b) => b.affinity - a.affinity).slice(0, SHOWN);
      if (!best.length) {
        status.textContent = "No such transfer was trained.";
        return;
      }
      const form = new FormData();
      given.slice(0, inputs(name)).forEach((view) => form.append("image", view));
      form.append("transfers", best.map((transfer) => transfer.id).join(","));
      form.append("png", "true");
      const { predictions } = await post(`${path}/infer`, { form, signal: mine });
      const said = new Map(predictions.map((item) => [item.transfer_id, item]));
      status.textContent = `${plural(best.length, "transfer")}, by affinity`;
      replace(answer, h("div", { class: "predictions" }, best.filter((transfer) => said.has(transfer.id)).map((transfer) =>
        predicted(said.get(transfer.id), label(transfer.sources), words(transfer)))));
    } catch (error) {
      if (mine.aborted) return;
      status.textContent = "";
      replace(answer, problemBox(error));
    }
  };
  target.addEventListener("change", look);
  order.addEventListener("change", look);
  return {
    element,
    show(views) {
      given = views;
      element.hidden = !views.length;
      look();
    },
  };
}
