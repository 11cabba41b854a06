// One atlas: what it is, and everything one can ask it.

import { download, get } from "../../lib/api.js";
import { empty, h, replace } from "../../lib/dom.js";
import { ago, plural } from "../../lib/format.js";
import { watchJob } from "../../lib/stream.js";
import { declare, loadTasks } from "../../lib/tasks.js";
import { affinitySection } from "./affinity.js";
import { comparisonSection } from "./comparison.js";
import { estimatesSection } from "./estimates.js";
import { groupingsSection } from "./groupings.js";
import { jobCard } from "../jobs.js";
import { networksSection } from "./networks.js";
import { problemBox } from "../problem.js";
import { frame } from "../section.js";
import { targetsSection } from "./targets.js";
import { taxonomySection } from "./taxonomy.js";
import { treeSection } from "./tree.js";
import { tryItSection } from "./tryit.js";

const READY = "ready";
const UNFINISHED = {
  building: "This atlas is being built", failed: "This atlas could not be built", cancelled: "The build of this atlas was cancelled",
};

/** What an atlas may lack answers so: its panel is left out then. */
const ABSENT = new Set([404, 409]);

/**
 * A part of the page: {id, title, intro, fill(body), optional}. It and its link stay away when it is optional and the
 * API has nothing of it, or `fill` says false.
 */
function section({ fill, optional, ...about }, signal) {
  const { element, link, body, show } = frame({ ...about, hidden: optional });
  fill(body).then((filled) => show(filled !== false), (error) => {
    if (signal.aborted || (optional && ABSENT.has(error.status))) return;
    replace(body, problemBox(error));
    show(true);
  });
  return { element, link };
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

/** The panels of a finished atlas, top to bottom; one module each. */
function panels(atlas, path, signal) {
  return [
    {
      id: "affinity", title: "Affinity",
      intro: "How well each source serves each target: the principal eigenvector of a tournament over held-out images. Higher is better.",
      fill: (body) => affinitySection(body, path, atlas, signal),
    },
    {
      id: "taxonomy", title: "Taxonomy",
      intro: `The best ${plural(atlas.targets.length, "transfer")}, one for each target, when only so many source tasks may be chosen.`,
      fill: (body) => taxonomySection(body, path, atlas, signal),
    },
    {
      id: "tree", title: "Task tree", intro: "Tasks whose representations serve other tasks alike stand together.",
      fill: (body) => treeSection(body, path, signal),
    },
    atlas.networks.length ? {
      id: "networks", title: "Task networks",
      intro: "How often each network beats the best constant guess, and a read-out from a random encoder, on held-out images.",
      fill: (body) => networksSection(body, atlas),
    } : null,
    atlas.networks.length ? {
      id: "estimates", title: "Estimates", optional: true,
      intro: "Sources ranked for every target from frozen networks alone, before any transfer trains.",
      fill: (body) => estimatesSection(body, path, signal),
    } : null,
    {
      id: "comparison", title: "Comparison", optional: true,
      intro: "How another atlas ranks the transfers that both have measured, such as one of fewer images, or the published one.",
      fill: (body) => comparisonSection(body, path, atlas, signal),
    },
    atlas.networks.length ? {
      id: "targets", title: "Novel targets", optional: true,
      intro: "A task of your own with few labels: every network of this atlas is tried as its source, beside training from scratch on the same labels.",
      fill: (body) => targetsSection(body, path, signal),
    } : null,
    atlas.networks.length && atlas.dataset ? {
      id: "groupings", title: "Which tasks should share a network?", short: "Grouping", optional: true,
      intro: "Predicted from the affinities, for as many networks as you can pay for; then the best groupings are trained, beside one network for all tasks and one for each.",
      fill: (body) => groupingsSection(body, path, atlas, signal),
    } : null,
    { id: "try-it", title: "Try it", fill: (body) => tryItSection(body, path, atlas, signal) },
  ].filter(Boolean);
}

export async function atlasPage(id, signal) {
  const path = `/atlases/${encodeURIComponent(id)}`;
  const [atlas] = await Promise.all([get(path, { signal }), loadTasks(signal)]);
  declare(atlas.config.own ?? []);
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
  const parts = panels(atlas, path, signal).map((panel) => section(panel, signal));
  return [
    ...head,
    h("nav", { class: "subnav", "aria-label": "On this page" }, parts.map((part) => part.link)),
    parts.map((part) => part.element),
  ];
}
