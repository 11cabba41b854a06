// One atlas: what it is, and everything one can ask it.

import { download, get } from "../lib/api.js";
import { empty, h, replace } from "../lib/dom.js";
import { ago, plural } from "../lib/format.js";
import { watchJob } from "../lib/stream.js";
import { learnOwnTasks, loadTasks } from "../lib/tasks.js";
import { affinitySection } from "./affinity.js";
import { jobCard } from "./jobs.js";
import { networksSection } from "./networks.js";
import { problemBox } from "./problem.js";
import { taxonomySection } from "./taxonomy.js";
import { treeSection } from "./tree.js";
import { tryItSection } from "./tryit.js";

const READY = "ready";
const UNFINISHED = {
  building: "This atlas is being built", failed: "This atlas could not be built", cancelled: "The build of this atlas was cancelled",
};

function section(id, title, intro, fill, signal) {
  const body = h("div", { class: "section-body" }, h("p", { class: "loading" }, "Loading"));
  fill(body).catch((error) => {
    if (!signal.aborted) replace(body, problemBox(error));
  });
  return h("section", { id, class: "wide", "aria-labelledby": `${id}-title` },
    h("h2", { id: `${id}-title` }, title), intro ? h("p", { class: "intro" }, intro) : null, body);
}

function facts(atlas) {
  const config = atlas.config ?? {};
  const entries = [
    ["Targets", atlas.targets.length], ["Sources", atlas.sources.length],
    ["Transfers", atlas.transfer_count.toLocaleString("en")],
    ["Orders", atlas.orders.length > 4 ? `1 to ${Math.max(...atlas.orders)}` : atlas.orders.join(", ")],
    ["Preset", config.preset], ["Seed", config.seed], ["Made", ago(atlas.created_at)],
  ];
  return h("dl", { class: "fact-row" }, entries.filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

async function unfinished(atlas, signal) {
  const words = empty(UNFINISHED[atlas.status], atlas.status === "building"
    ? "Its affinities appear here when it is finished." : "Start another build on the first page.");
  if (!atlas.job_id) return words;
  const card = jobCard(() => dispatchEvent(new HashChangeEvent("hashchange")));
  card.draw(await get(`/jobs/${encodeURIComponent(atlas.job_id)}`, { signal }));
  if (atlas.status === "building") watchJob(atlas.job_id, card.draw, signal);
  return [h("ul", { class: "stack single" }, card.element), words];
}

export async function atlasPage(id, signal) {
  const path = `/atlases/${encodeURIComponent(id)}`;
  const [atlas] = await Promise.all([get(path, { signal }), loadTasks(signal)]);
  learnOwnTasks(atlas);
  document.title = `${atlas.name} · Task Atlas`;
  const head = [
    h("nav", { "aria-label": "Breadcrumb" }, h("a", { href: "#/" }, "All atlases")),
    h("header", { class: "atlas-head" },
      h("h1", null, atlas.name),
      h("span", { class: "chip", dataset: { state: atlas.status } }, atlas.status),
      h("span", { class: "chip" }, atlas.origin)),
    facts(atlas),
  ];
  if (atlas.status !== READY) return [...head, await unfinished(atlas, signal)];
  head.push(h("p", null, h("button", { type: "button", class: "quiet", onclick: () => download(`${path}/export?compact=true`, `${atlas.id}.atlas.zip`) }, "Download this atlas")));
  const parts = [
    ["affinity", "Affinity", "How well each source serves each target: the principal eigenvector of a tournament over held-out images. Higher is better.",
      (body) => affinitySection(body, path, atlas, signal)],
    ["taxonomy", "Taxonomy", `The best ${plural(atlas.targets.length, "transfer")}, one for each target, when only so many source tasks may be chosen.`,
      (body) => taxonomySection(body, path, atlas, signal)],
    ["tree", "Task tree", "Tasks whose representations serve other tasks alike stand together.", (body) => treeSection(body, path, signal)],
    atlas.networks.length ? ["networks", "Task networks", "How often each network beats the best constant guess, and a read-out from a random encoder, on held-out images.",
      (body) => networksSection(body, atlas)] : null,
    ["try-it", "Try it", null, (body) => tryItSection(body, path, atlas)],
  ].filter(Boolean);
  const jump = (target) => (event) => {
    event.preventDefault();
    const heading = document.getElementById(target);
    heading.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    heading.querySelector("h2").setAttribute("tabindex", "-1");
    heading.querySelector("h2").focus({ preventScroll: true });
  };
  return [
    ...head,
    h("nav", { class: "subnav", "aria-label": "On this page" },
      parts.map(([target, title]) => h("a", { href: `#${target}`, onclick: jump(target) }, title))),
    parts.map(([target, title, intro, fill]) => section(target, title, intro, fill, signal)),
  ];
}
