// One multi-task training, live while it goes: methods, the front, losses, weights, stationarity, and its models at work.

import { get } from "../../lib/api.js";
import { ago, duration, plural } from "../../lib/format.js";
import { FEW_TASKS, loadMethods } from "../../lib/multitask.js";
import { declare, loadTasks } from "../../lib/tasks.js";
import { factRow, livePage } from "../live.js";
import { lossesPanel, stationarityPanel } from "./curves.js";
import { frontSection } from "./front.js";
import { resultsPanel } from "./results.js";
import { runsPanel } from "./runs.js";
import { tasksPanel } from "./tasks.js";
import { tryItPanel } from "./tryit.js";
import { taskWeightsPanel } from "./weights.js";

const panels = (training, dataset, path, signal) => [
  { id: "methods", title: "Methods", panel: resultsPanel() },
  training.tasks.length > FEW_TASKS ? { id: "tasks", title: "Tasks", panel: tasksPanel() } : null,
  { id: "front", title: "Front", intro: "Every model of every method, seed and preference: where one task can only gain if another loses.", panel: frontSection(path, signal) },
  { id: "try-it", title: "Try it", panel: tryItPanel(path, dataset, signal) },
  { id: "losses", title: "Losses", panel: lossesPanel() },
  { id: "weights", title: "Task weights", intro: "How much each task counts when the shared network is updated.", panel: taskWeightsPanel() },
  { id: "stationarity", title: "Stationarity", intro: "Norm of the shortest vector between the tasks' gradients. At 0 no direction improves all tasks at once: what is left is a trade-off.", panel: stationarityPanel() },
  { id: "runs", title: "Runs and models", panel: runsPanel(path) },
].filter(Boolean);

const ARCHITECTURES = { lenet: "MultiLeNet", encoder: "the atlas's encoder", resnet18: "ResNet-18", pspnet: "dilated ResNet-50, pyramid heads" };

function facts(training, name) {
  const { config, tasks } = training;
  const took = training.finished_at ? duration((new Date(training.finished_at) - new Date(training.created_at)) / 1000) : "";
  return factRow([
    ["Data set", `${name}, ${(config.splits.train + config.splits.transfer).toLocaleString("en")} training images`],
    ["Tasks", tasks.length <= FEW_TASKS ? tasks.map((task) => task.title).join(", ") : plural(tasks.length, "task")],
    ["Shared", `${ARCHITECTURES[config.architecture] ?? config.architecture}, ${config.network.image_size} pixels`],
    ["Training", `${plural(config.epochs, "epoch")}, batches of ${config.batch_size}, ${config.optimiser} ${config.learning_rate}`],
    ["Normalisation of MGDA", config.normalization], ["Seeds", training.seeds.join(", ")], ["Made", ago(training.created_at)], ["Took", took],
  ]);
}

const datasetOf = async (id, signal) => {
  try {
    return await get(`/datasets/${encodeURIComponent(id)}`, { signal });
  } catch {
    return null; // it may have been deleted; its training stays
  }
};

export async function multitaskPage(id, signal) {
  const path = `/multitask/${encodeURIComponent(id)}`;
  const [first] = await Promise.all([get(path, { signal }), loadMethods(signal), loadTasks(signal)]);
  declare(first.tasks.map((task) => ({ name: task.task, title: task.title, inputs: 1 })));
  const dataset = await datasetOf(first.dataset, signal);
  return livePage({
    first, path, signal, list: { href: "#/multitask", text: "All multi-task trainings" },
    facts: (training) => facts(training, dataset?.name ?? training.dataset), panels: panels(first, dataset, path, signal),
  });
}
