// The page of one piece of work that trains: head, facts, progress, parts that are drawn anew as it goes.

import { hideTip } from "../charts/tooltip.js";
import { get, remove } from "../lib/api.js";
import { h, replace } from "../lib/dom.js";
import { watchJob } from "../lib/stream.js";
import { jobCard } from "./jobs.js";
import { problemBox } from "./problem.js";
import { frame } from "./section.js";

const REFRESH_MS = 2500;

/** Name of a data set; its id where it is gone. */
export const datasetName = async (id, signal) => {
  try {
    return (await get(`/datasets/${encodeURIComponent(id)}`, { signal })).name;
  } catch {
    return id;
  }
};

/** Pairs of name and value in a row; without a value a pair stays away. */
export const factRow = (entries) =>
  h("dl", { class: "fact-row" }, entries.filter(([, value]) => value).map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));

/** Reads the work again at most every so often, and once more at the end. */
export function refresher(path, draw, signal) {
  let timer = null;
  const read = async () => {
    timer = null;
    try {
      draw(await get(path, { signal }));
    } catch {
      // The next event tries again; a page that is shown stays.
    }
  };
  return (now) => {
    if (now) {
      clearTimeout(timer);
      read();
    } else timer ??= setTimeout(read, REFRESH_MS);
  };
}

function deletion(name, path, list) {
  const answer = h("span");
  return [h("button", {
    type: "button", class: "quiet", "aria-label": `Delete ${name}`,
    onclick: async () => {
      if (!confirm(`Delete “${name}” with its models?`)) return;
      try {
        await remove(path);
        location.hash = list.href;
      } catch (error) {
        replace(answer, problemBox(error));
      }
    },
  }, "Delete"), answer];
}

/**
 * @param {object} page
 *   first: the work as it was read; path: of it in the API; list: {href, text} of the page of all;
 *   facts(work): element; panels: [{id, title, intro, hidden, panel: {element, draw(work)}}].
 */
export async function livePage({ first, path, list, facts, panels, signal }) {
  document.title = `${first.name} · Task Atlas`;
  const chip = h("span", { class: "chip" });
  const about = h("div");
  const running = h("ul", { class: "stack single" });
  const parts = panels.map(({ panel, ...words }) => {
    const part = { ...frame(words), panel };
    replace(part.body, panel.element);
    return part;
  });
  let shown = first;
  const draw = (work) => {
    shown = work;
    hideTip(); // what it spoke of is drawn anew
    chip.dataset.state = work.status;
    chip.textContent = work.status;
    replace(about, facts(work));
    for (const part of parts) part.panel.draw(work);
  };
  draw(first);
  document.addEventListener("theme-changed", () => draw(shown), { signal });
  if (first.status !== "ready" && first.job_id) {
    const refresh = refresher(path, draw, signal);
    const card = jobCard(() => refresh(true));
    const watched = (job) => {
      card.draw(job);
      refresh(false);
      if (job.state === "succeeded") card.element.remove();
    };
    card.draw(await get(`/jobs/${encodeURIComponent(first.job_id)}`, { signal }));
    running.append(card.element);
    if (first.status === "training") watchJob(first.job_id, watched, signal);
  }
  return [
    h("nav", { "aria-label": "Breadcrumb" }, h("a", { href: list.href }, list.text)),
    h("header", { class: "atlas-head" }, h("h1", null, first.name), chip, deletion(first.name, path, list)),
    about, running,
    h("nav", { class: "subnav", "aria-label": "On this page" }, parts.map((part) => part.link)),
    parts.map((part) => part.element),
  ];
}
