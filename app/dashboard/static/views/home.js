// The first page: atlases, how to get one, and the work in progress.

import { all, get } from "../lib/api.js";
import { empty, h, replace } from "../lib/dom.js";
import { ago } from "../lib/format.js";
import { loadTasks } from "../lib/tasks.js";
import { buildForm } from "./build.js";
import { importForm } from "./import.js";
import { jobsPanel } from "./jobs.js";
import { problemBox } from "./problem.js";

const ORIGINS = { built: "Built here", imported: "Imported" };

const fact = (value, word) => h("span", null, h("b", null, value), ` ${word}`);

/** What comes with the code is there at once, so it stands first; the others stay newest first. */
const bundledFirst = (atlases) => [...atlases].sort((one, other) => (other.origin === "bundled") - (one.origin === "bundled"));

function atlasCard(atlas) {
  return h("li", null, h("a", { class: "card atlas-card", href: `#/atlases/${encodeURIComponent(atlas.id)}` },
    h("span", { class: "card-head" },
      h("span", { class: "card-title" }, atlas.name),
      h("span", { class: "chip", dataset: { state: atlas.status } }, atlas.status)),
    h("span", { class: "facts" },
      fact(atlas.targets.length, atlas.targets.length === 1 ? "target" : "targets"),
      fact(atlas.sources.length, atlas.sources.length === 1 ? "source" : "sources"),
      fact(atlas.transfer_count.toLocaleString("en"), atlas.transfer_count === 1 ? "transfer" : "transfers")),
    h("span", { class: "muted small" }, atlas.origin === "bundled" ? "Comes with Task Atlas · try its networks on a picture at once"
      : `${ORIGINS[atlas.origin] ?? atlas.origin} · ${ago(atlas.created_at)}`)));
}

async function atlasList(target, signal) {
  try {
    const atlases = await all("/atlases", { signal });
    replace(target, atlases.length
      ? h("ul", { class: "cards" }, bundledFirst(atlases).map(atlasCard))
      : empty("No atlas yet", "Build one from rendered rooms, or import measured affinities. The “tiny” preset takes about a minute."));
  } catch (error) {
    if (!signal.aborted) replace(target, problemBox(error));
  }
}

export async function homePage(signal) {
  document.title = "Task Atlas";
  const [tasks] = await Promise.all([loadTasks(signal), get("/atlases?limit=1", { signal })]);
  const atlases = h("div", { "aria-live": "polite" });
  const jobs = jobsPanel(signal, () => atlasList(atlases, signal));
  const imported = (atlas) => {
    location.hash = `#/atlases/${encodeURIComponent(atlas.id)}`;
  };
  await Promise.all([atlasList(atlases, signal), jobs.refresh()]);
  return [
    h("header", { class: "hero" },
      h("h1", null, "Which visual tasks help which?"),
      h("p", null, "An atlas measures how well what a network learned for one task transfers to another, and finds the few tasks worth labelling.")),
    h("div", { class: "columns" },
      h("div", null,
        h("section", { "aria-labelledby": "atlases-title" }, h("h2", { id: "atlases-title" }, "Atlases"), atlases),
        h("section", { "aria-labelledby": "jobs-title" }, h("h2", { id: "jobs-title" }, "Jobs"), jobs.element)),
      h("aside", null,
        h("section", { class: "panel", "aria-labelledby": "build-title" },
          h("h2", { id: "build-title" }, "Build an atlas"), buildForm(tasks, () => Promise.all([jobs.refresh(), atlasList(atlases, signal)]))),
        h("section", { class: "panel", "aria-labelledby": "import-title" },
          h("h2", { id: "import-title" }, "Import measured affinities"), importForm(imported)))),
  ];
}
