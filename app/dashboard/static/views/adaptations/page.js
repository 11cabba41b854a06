// One adaptation, live while it trains: methods, curves, class weights, classes, embedding, and its models at work.

import { get } from "../../lib/api.js";
import { ago, duration, plural } from "../../lib/format.js";
import { datasetName, factRow, livePage } from "../live.js";
import { classesPanel } from "./classes.js";
import { curvesPanel } from "./curves.js";
import { embeddingPanel } from "./embedding.js";
import { methodsPanel } from "./methods.js";
import { runsPanel } from "./runs.js";
import { tryItPanel } from "./tryit.js";
import { weightsPanel } from "./weights.js";

const panels = (path, signal) => [
  { id: "methods", title: "Methods", panel: methodsPanel() },
  { id: "curves", title: "Curves", panel: curvesPanel() },
  { id: "weights", title: "Class weights", intro: "How much each source class counts when domains are brought together. Outlier classes, which the target lacks, should fade.", panel: weightsPanel() },
  { id: "classes", title: "Classes", panel: classesPanel() },
  { id: "embedding", title: "Embedding", intro: "What the networks see: examples of both domains by their bottleneck features.", panel: embeddingPanel(path, signal) },
  { id: "try-it", title: "Try it", panel: tryItPanel(path, signal) },
  { id: "runs", title: "Runs and models", panel: runsPanel(path) },
];

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
  return factRow(entries);
}

export async function adaptationPage(id, signal) {
  const path = `/adaptations/${encodeURIComponent(id)}`;
  const first = await get(path, { signal });
  const [source, target] = await Promise.all([datasetName(first.source_dataset, signal), datasetName(first.target_dataset, signal)]);
  return livePage({
    first, path, signal, list: { href: "#/adaptations", text: "All adaptations" },
    facts: (adaptation) => facts(adaptation, source, target), panels: panels(path, signal),
  });
}
