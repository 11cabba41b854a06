// The form that starts a multi-task training.

import { all, post } from "../../lib/api.js";
import { empty, field, h, replace } from "../../lib/dom.js";
import { plural } from "../../lib/format.js";
import { byLibrary, loadMethods, sharable } from "../../lib/multitask.js";
import { loadTasks } from "../../lib/tasks.js";
import { seedsOf } from "../adaptations/form.js";
import { problemBox } from "../problem.js";

const CHOSEN = new Set(["single", "uniform", "mgda-ub"]);
export const NORMALIZATIONS = [["none", "none"], ["l2", "l2: its norm"], ["loss", "loss: the task's loss"], ["loss+", "loss+: loss times norm"]];
const ARCHITECTURES = [["", "what fits images and tasks"], ["lenet", "MultiLeNet"], ["encoder", "the atlas's encoder"], ["resnet18", "ResNet-18"], ["pspnet", "dilated ResNet-50, pyramid heads"]];
const OPTIMISERS = [["adam", "Adam"], ["sgd", "SGD with momentum"]];
/** Declared tasks of a set are ticked where they are few. */
const MOST_TICKED = 4;

export const options = (entries) => entries.map(([value, text]) => h("option", { value }, text));

export const tick = (name, value, text, more = {}) => h("label", { class: "tick", title: more.title }, h("input", { type: "checkbox", name, value, checked: more.checked, disabled: more.disabled }), h("span", null, text));

export const ticked = (element) => [...element.querySelectorAll("input:checked")].map((box) => box.value);

/** Lines of weights, one vector each; what is no number stays for the server to refuse. */
export const preferencesOf = (text) => text.split("\n").map((line) => line.split(/[\s,;:]+/).filter(Boolean)).filter((each) => each.length)
  .map((each) => each.map((word) => (Number.isFinite(Number(word)) ? Number(word) : word)));

function taskBoxes(dataset, dictionary) {
  const tasks = sharable(dataset, dictionary);
  const own = tasks.filter((task) => task.own);
  const boxes = (list, checked) => list.map((task) => tick("tasks", task.name, task.title, { checked }));
  const element = h("div");
  const all = (list, legend) => (list.length ? h("fieldset", { class: "ticks" }, h("legend", null, legend), boxes(list, list === own && own.length <= MOST_TICKED),
    list.length > MOST_TICKED ? h("button", { type: "button", class: "quiet", onclick: (event) => event.target.closest("fieldset").querySelectorAll("input").forEach((box) => { box.checked = !box.checked; }) }, "Invert") : null) : null);
  return replace(element, all(own, "Tasks of this data set"), all(tasks.filter((task) => !task.own), own.length ? "Tasks of the dictionary" : "Tasks"),
    tasks.length < 2 ? h("p", { class: "hint" }, "This data set has fewer than two tasks that can share a network.") : null);
}

function methodBoxes(methods) {
  return byLibrary(methods).map(([legend, list]) => {
    const boxes = list.map((method) => tick("methods", method.name, [method.title, h("span", { class: "about" }, method.available ? method.summary : method.detail)], { checked: CHOSEN.has(method.name) && method.available, disabled: !method.available }));
    const head = h("legend", null, legend);
    return list.some((method) => CHOSEN.has(method.name)) ? h("fieldset", { class: "ticks tall" }, head, boxes)
      : h("details", { class: "picker" }, h("summary", null, legend, h("span", { class: "muted" }, ` ${plural(list.length, "method")}`)), h("fieldset", { class: "ticks tall" }, boxes));
  });
}

function start(datasets, dictionary, methods, onstarted) {
  const byId = new Map(datasets.map((each) => [each.id, each]));
  const name = h("input", { required: true, maxlength: 200, value: "My training", autocomplete: "off" });
  const dataset = h("select", null, options(datasets.map((each) => [each.id, `${each.name} (${each.kind}, ${each.report.image_size} pixels)`])));
  const tasks = h("div");
  const chosen = h("div", null, methodBoxes(methods));
  const seeds = h("input", { required: true, value: "0, 1", autocomplete: "off", inputmode: "numeric" });
  const epochs = h("input", { type: "number", min: 1, step: 1, value: 20, required: true });
  const batch = h("input", { type: "number", min: 2, step: 1, value: 64, required: true });
  const rate = h("input", { type: "number", min: 0, step: "any", value: 0.003, required: true });
  const normalization = h("select", null, options(NORMALIZATIONS));
  const preferences = h("textarea", { rows: 3, spellcheck: false, placeholder: "0.25 0.75" });
  const architecture = h("select", null, options(ARCHITECTURES));
  const optimiser = h("select", null, options(OPTIMISERS));
  const offerTasks = () => replace(tasks, taskBoxes(byId.get(dataset.value), dictionary));
  dataset.addEventListener("change", offerTasks);
  offerTasks();

  const wanted = () => ({
    name: name.value.trim(), dataset: dataset.value, tasks: ticked(tasks), methods: ticked(chosen), seeds: seedsOf(seeds.value),
    epochs: Number(epochs.value), batch_size: Number(batch.value), learning_rate: Number(rate.value), normalization: normalization.value,
    optimiser: optimiser.value, preferences: preferencesOf(preferences.value), ...(architecture.value ? { architecture: architecture.value } : {}),
  });
  const answer = h("div", { "aria-live": "polite" });
  const button = h("button", { type: "submit", class: "primary" }, "Start training");
  const steered = methods.filter((method) => method.by_preference).map((method) => method.title).join(", ");
  return h("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        onstarted(await post("/multitask", { json: wanted() }));
      } catch (error) {
        replace(answer, problemBox(error));
      }
      button.disabled = false;
    },
  },
  field("Name", name), field("Data set", dataset), tasks, chosen,
  h("div", { class: "fields" }, field("Seeds", seeds), field("Epochs", epochs)),
  h("details", { class: "picker" }, h("summary", null, "More settings"),
    field("Normalisation", normalization, "What MGDA and MGDA-UB divide a task's gradient by."),
    field("Preferences", preferences, `A line for each: weights of the ticked tasks, in their order. Each is a run of every method that they steer (${steered}).`),
    field("Batch size", batch), field("Learning rate", rate), field("Optimiser", optimiser), field("Shared network", architecture)),
  button, answer);
}

export async function multitaskForm(onstarted, signal) {
  const [registered, dictionary, methods] = await Promise.all([all("/datasets", { signal }), loadTasks(signal), loadMethods(signal)]);
  const datasets = registered.filter((each) => each.report?.image_size && sharable(each, dictionary).length > 1);
  if (!datasets.length) {
    return empty("No data set to train on", "Register one with POST /datasets: “multimnist” and “rooms” need no files. The guide to multi-task training says how.");
  }
  return start(datasets, dictionary, methods, onstarted);
}
