// One adaptation, live while it trains: methods, curves, class weights, classes, embedding, and its models at work.

import { hideTip } from "../../charts/tooltip.js";
import { get, remove } from "../../lib/api.js";
import { h, replace } from "../../lib/dom.js";
import { ago, duration, plural } from "../../lib/format.js";
import { watchJob } from "../../lib/stream.js";
import { jobCard } from "../jobs.js";
import { problemBox } from "../problem.js";
import { frame } from "../section.js";
import { classesPanel } from "./classes.js";
import { curvesPanel } from "./curves.js";
import { embeddingPanel } from "./embedding.js";
import { methodsPanel } from "./methods.js";
import { runsPanel } from "./runs.js";
import { tryItPanel } from "./tryit.js";
import { weightsPanel } from "./weights.js";

const REFRESH_MS = 2500;

const panels = (path, signal) => [
  { id: "methods", title: "Methods", panel: methodsPanel() },
  { id: "curves", title: "Curves", panel: curvesPanel() },
  { id: "weights", title: "Class weights", intro: "How much each source class counts when domains are brought together. Outlier classes, which the target lacks, should fade.", panel: weightsPanel() },
  { id: "classes", title: "Classes", panel: classesPanel() },
  { id: "embedding", title: "Embedding", intro: "What the networks see: examples of both domains by their bottleneck features.", panel: embeddingPanel(path, signal) },
  { id: "try-it", title: "Try it", panel: tryItPanel(path, signal) },
  { id: "runs", title: "Runs and models", panel: runsPanel(path) },
];

const nameOf = async (id, signal) => {
  try {
    return (await get(`/datasets/${encodeURIComponent(id)}`, { signal })).name;
  } catch {
    return id;
  }
};

function facts(adaptation, source, target) {
  const { config, shared_classes: shared, classes } = adaptation;
  const took = adaptation.finished_at ? duration((new Date(adaptation.finished_at) - new Date(adaptation.created_at)) / 1000) : "";
  const entries = [
    ["Source", `${source}, ${plural(classes.length, "class", "classes")}`],
    ["Target", shared ? `${target}, ${shared.length} of them` : `${target}, classes unknown`],
    ["Backbone", config.image_size ? `${config.backbone}, ${config.image_size} pixels` : config.backbone],
    ["Steps", `${config.steps.toLocaleString("en")}, batches of ${config.batch_size}`], ["Formulas of SAN", config.mode], ["Seeds", adaptation.seeds.join(", ")],
    ["Made", ago(adaptation.created_at)], ["Took", took],
  ];
  return h("dl", { class: "fact-row" }, entries.filter(([, value]) => value).map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

/** Reads the adaptation again at most every so often, and once more at the end. */
function refresher(path, draw, signal) {
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

function deletion(adaptation) {
  const answer = h("span");
  return [h("button", {
    type: "button", class: "quiet", "aria-label": `Delete ${adaptation.name}`,
    onclick: async () => {
      if (!confirm(`Delete “${adaptation.name}” with its models?`)) return;
      try {
        await remove(`/adaptations/${encodeURIComponent(adaptation.id)}`);
        location.hash = "#/adaptations";
      } catch (error) {
        replace(answer, problemBox(error));
      }
    },
  }, "Delete"), answer];
}

export async function adaptationPage(id, signal) {
  const path = `/adaptations/${encodeURIComponent(id)}`;
  const first = await get(path, { signal });
  const [source, target] = await Promise.all([nameOf(first.source_dataset, signal), nameOf(first.target_dataset, signal)]);
  document.title = `${first.name} · Task Atlas`;
  const chip = h("span", { class: "chip" });
  const about = h("div");
  const running = h("ul", { class: "stack single" });
  const parts = panels(path, signal).map(({ panel, ...words }) => {
    const part = { ...frame(words), panel };
    replace(part.body, panel.element);
    return part;
  });
  let shown = first;
  const draw = (adaptation) => {
    shown = adaptation;
    hideTip(); // what it spoke of is drawn anew
    chip.dataset.state = adaptation.status;
    chip.textContent = adaptation.status;
    replace(about, facts(adaptation, source, target));
    for (const part of parts) part.panel.draw(adaptation);
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
    h("nav", { "aria-label": "Breadcrumb" }, h("a", { href: "#/adaptations" }, "All adaptations")),
    h("header", { class: "atlas-head" }, h("h1", null, first.name), chip, deletion(first)),
    about, running,
    h("nav", { class: "subnav", "aria-label": "On this page" }, parts.map((part) => part.link)),
    parts.map((part) => part.element),
  ];
}
