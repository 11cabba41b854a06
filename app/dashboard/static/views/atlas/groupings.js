// Groupings of an atlas: what was asked, what came of it, and a form to ask which tasks should share a network.

import { all, get } from "../../lib/api.js";
import { h, replace } from "../../lib/dom.js";
import { number, plural } from "../../lib/format.js";
import { shareable } from "../../lib/groupings.js";
import { loadMethods, methodTitle } from "../../lib/multitask.js";
import { ended, watchJob } from "../../lib/stream.js";
import { jobCard } from "../jobs.js";
import { refresher } from "../live.js";
import { problemBox } from "../problem.js";
import { groupingView } from "./grouping.js";
import { groupingForm } from "./groupingform.js";

const about = (question) => `${plural(question.tasks.length, "task")}, budget ${number(question.budget)}, ${methodTitle(question.method)}`;

export async function groupingsSection(body, path, atlas, signal) {
  const tasks = shareable(atlas.targets);
  const methods = await loadMethods(signal);
  let questions = await all(`${path}/groupings`, { signal });
  if (tasks.length < 2 && !questions.length) return false;
  const none = h("p", null, "None yet.");
  const list = h("ul", { class: "cards" });
  const running = h("ul", { class: "stack single" });
  const shown = h("div");
  let chosen = questions[0]?.id ?? null;
  let visit = new AbortController();
  let opened = null;
  let readAgain = () => null;

  const drawList = () => {
    none.hidden = questions.length > 0;
    replace(list, questions.map((question) => h("li", null, h("button", {
      type: "button", class: "card pick", "aria-pressed": String(question.id === chosen), onclick: () => open(question.id),
    },
    h("span", { class: "card-head" }, h("span", { class: "card-title" }, question.name), h("span", { class: "chip", dataset: { state: question.status } }, question.status)),
    h("span", { class: "muted small" }, about(question))))));
  };
  const open = async (id) => {
    chosen = id;
    opened = null;
    drawList();
    visit.abort();
    visit = new AbortController();
    const mine = AbortSignal.any([visit.signal, signal]);
    const address = `${path}/groupings/${encodeURIComponent(id)}`;
    try {
      const view = groupingView(address, mine);
      view.draw(await get(address, { signal: mine }));
      replace(shown, view.element);
      readAgain = refresher(address, view.draw, mine);
      opened = id;
    } catch (error) {
      if (!mine.aborted) replace(shown, problemBox(error));
    }
  };
  const refresh = async () => {
    try {
      questions = await all(`${path}/groupings`, { signal });
      drawList();
      if (chosen && chosen === opened) readAgain(true);
      else if (chosen) await open(chosen);
    } catch (error) {
      if (!signal.aborted) replace(shown, problemBox(error));
    }
  };
  const watch = (job) => {
    const card = jobCard((last) => {
      if (last.state !== "failed") card.element.remove();
      refresh();
    });
    card.draw(job);
    running.append(card.element);
    if (ended(job)) return;
    watchJob(job.id, (fresh) => {
      card.draw(fresh);
      if (!ended(fresh) && fresh.result?.grouping_id === chosen) readAgain(false);
    }, signal);
  };
  const started = async (job) => {
    watch(job);
    chosen = job.result?.grouping_id ?? chosen;
    await refresh();
  };
  replace(body, none, list, running, shown,
    h("details", { class: "as-table spaced", open: !questions.length }, h("summary", null, "Ask which tasks should share"), groupingForm(tasks, methods, path, started)));
  drawList();
  for (const question of questions) {
    if (question.status === "training" && question.job_id) get(`/jobs/${encodeURIComponent(question.job_id)}`, { signal }).then(watch, () => null);
  }
  if (chosen) await open(chosen);
  return true;
}
