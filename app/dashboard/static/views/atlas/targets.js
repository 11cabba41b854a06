// Novel targets of an atlas: what was brought, how its sources rank, and a form to bring another.

import { all, get, post } from "../../lib/api.js";
import { empty, field, h, replace } from "../../lib/dom.js";
import { plural } from "../../lib/format.js";
import { ended, watchJob } from "../../lib/stream.js";
import { title } from "../../lib/tasks.js";
import { jobCard } from "../jobs.js";
import { problemBox } from "../problem.js";
import { targetView } from "./target.js";

/** Tasks of a data set that may be brought: those that its user declared, then those of the dictionary. */
function tasksOf(dataset) {
  const declared = (dataset.report.own_tasks ?? []).map((task) => [task.name, task.title]);
  const known = Object.entries(dataset.report.tasks).filter(([name, each]) => each.available && !declared.some(([other]) => other === name));
  return [...declared, ...known.map(([name]) => [name, title(name)])];
}

function bringForm(datasets, path, onstarted) {
  if (!datasets.length) {
    return empty("No data set to bring a target from", "Register a small labelled one first, with POST /datasets.");
  }
  const name = h("input", { required: true, maxlength: 200, value: "My target", autocomplete: "off" });
  const dataset = h("select", null, datasets.map((each) => h("option", { value: each.id }, each.name)));
  const task = h("select");
  const offer = () => replace(task, tasksOf(datasets.find((each) => each.id === dataset.value)).map(([value, text]) => h("option", { value }, text)));
  dataset.addEventListener("change", offer);
  offer();
  const answer = h("div", { "aria-live": "polite" });
  const button = h("button", { type: "submit", class: "primary" }, "Try every source");
  return h("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        const job = await post(`${path}/targets`, { json: { name: name.value.trim(), dataset: dataset.value, task: task.value } });
        replace(answer);
        onstarted(job);
      } catch (error) {
        replace(answer, problemBox(error));
      }
      button.disabled = false;
    },
  }, h("div", { class: "fields" }, field("Name", name), field("Labelled set", dataset), field("Task", task)), button, answer);
}

export async function targetsSection(body, path, signal) {
  let targets = await all(`${path}/targets`, { signal });
  const datasets = await all("/datasets", { signal });
  const list = h("ul", { class: "cards" });
  const running = h("ul", { class: "stack single" });
  const shown = h("div");
  let chosen = targets[0]?.id ?? null;
  let visit = new AbortController();

  const open = async (id) => {
    chosen = id;
    drawList();
    visit.abort();
    visit = new AbortController();
    const mine = AbortSignal.any([visit.signal, signal]);
    try {
      const target = await get(`${path}/targets/${encodeURIComponent(id)}`, { signal: mine });
      replace(shown, targetView(target, path, mine));
    } catch (error) {
      if (!mine.aborted) replace(shown, problemBox(error));
    }
  };
  const drawList = () => replace(list, targets.map((target) => h("li", null, h("button", {
    type: "button", class: "card pick", "aria-pressed": String(target.id === chosen), onclick: () => open(target.id),
  },
  h("span", { class: "card-head" }, h("span", { class: "card-title" }, target.name), h("span", { class: "chip", dataset: { state: target.status } }, target.status)),
  h("span", { class: "muted small" }, `${title(target.task)}, ${plural(target.images.labels, "labelled image")}`)))));
  const refresh = async () => {
    try {
      targets = await all(`${path}/targets`, { signal });
      drawList();
      if (chosen) await open(chosen);
    } catch (error) {
      if (!signal.aborted) replace(shown, problemBox(error));
    }
  };
  const watch = (job) => {
    const card = jobCard(() => {
      card.element.remove();
      refresh();
    });
    card.draw(job);
    running.append(card.element);
    if (!ended(job)) watchJob(job.id, card.draw, signal);
  };
  const started = async (job) => {
    watch(job);
    chosen = job.result?.target_id ?? chosen;
    await refresh();
  };
  replace(body,
    targets.length ? null : h("p", null, "None yet."),
    list, running, shown,
    h("details", { class: "as-table", open: !targets.length }, h("summary", null, "Bring a target"), bringForm(datasets, path, started)));
  drawList();
  for (const target of targets) {
    if (target.status === "training" && target.job_id) get(`/jobs/${encodeURIComponent(target.job_id)}`, { signal }).then(watch, () => null);
  }
  if (chosen) await open(chosen);
  return true;
}
