// Jobs as they go: progress, step, time left, cancel.

import { get, remove } from "../lib/api.js";
import { empty, h, replace } from "../lib/dom.js";
import { ago, duration, percent } from "../lib/format.js";
import { ended, watchJob } from "../lib/stream.js";
import { problemBox } from "./problem.js";

const SHOWN = 8;
/** By kind of what a job makes: its page and its name. */
const PAGES = { atlas: ["atlases", "the atlas"], adaptation: ["adaptations", "the adaptation"], multitask: ["multitask", "the training"] };

function timing(job) {
  if (job.state === "running" && job.eta_s !== null && job.eta_s !== undefined) return `${duration(job.eta_s)} left`;
  if (job.state === "queued") return "waiting for a worker";
  return job.finished_at ? ago(job.finished_at) : "";
}

function resultLink(job) {
  const [kind, id] = job.result?.atlas_id ? ["atlas", job.result.atlas_id] : [job.resource?.kind, job.resource?.id];
  if (!(kind in PAGES) || job.state !== "succeeded") return null;
  const [folder, name] = PAGES[kind];
  return h("a", { href: `#/${folder}/${encodeURIComponent(id)}` }, `Open ${name}`);
}

export function jobCard(onended) {
  const element = h("li", { class: "card job" });
  let shown = null;
  const draw = (job) => {
    const finishedNow = shown !== null && !ended(shown) && ended(job);
    shown = job;
    const done = job.state === "succeeded" ? 1 : (job.progress ?? 0);
    const bar = h("div", {
      class: "progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(100 * done),
      "aria-label": job.title, dataset: { state: job.state },
    }, h("span", { style: { width: percent(done, 1) } }));
    const answer = h("div");
    const link = resultLink(job);
    const cancel = ended(job) ? null : h("button", {
      type: "button", class: "quiet", disabled: job.cancel_requested ?? false,
      "aria-label": `Cancel ${job.title}`,
      onclick: async (event) => {
        event.target.disabled = true;
        try {
          await remove(`/jobs/${encodeURIComponent(job.id)}`);
          draw(await get(`/jobs/${encodeURIComponent(job.id)}`));
        } catch (error) {
          replace(answer, problemBox(error));
        }
      },
    }, "Cancel");
    replace(element,
      h("div", { class: "card-head" }, h("span", { class: "card-title" }, job.title),
        h("span", { class: "chip", dataset: { state: job.state } }, job.state)),
      ended(job) && job.state !== "failed" ? null : bar,
      h("div", { class: "job-line" },
        ended(job) ? null : h("span", { class: "job-step" }, `${percent(done)} · ${job.step || "starting"}`),
        h("span", { class: "muted" }, timing(job)), link && location.hash !== link.hash ? link : null, cancel),
      job.error ? h("div", { class: "problem" }, h("p", { class: "problem-title" }, job.error.title), h("p", null, job.error.detail)) : null,
      answer);
    if (finishedNow) onended(job);
  };
  return { element, draw };
}

/** The newest jobs that have no parent; those under way are watched live. */
export function jobsPanel(signal, onended) {
  const element = h("div");
  const watched = new Set();
  const refresh = async () => {
    try {
      const page = await get("/jobs?limit=50", { signal });
      const jobs = page.items.filter((job) => !job.parent_id).slice(0, SHOWN);
      if (!jobs.length) {
        replace(element, empty("Nothing running", "Builds show up here with their progress."));
        return;
      }
      replace(element, h("ul", { class: "stack" }, jobs.map((job) => {
        const card = jobCard(onended);
        card.draw(job);
        cards.set(job.id, card);
        if (!ended(job) && !watched.has(job.id)) {
          watched.add(job.id);
          watchJob(job.id, (fresh) => cards.get(fresh.id).draw(fresh), signal);
        }
        return card.element;
      })));
    } catch (error) {
      if (!signal.aborted) replace(element, problemBox(error));
    }
  };
  const cards = new Map();
  return { element, refresh };
}
