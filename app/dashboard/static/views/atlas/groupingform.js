// The form that asks which tasks of an atlas should share a network.

import { post } from "../../lib/api.js";
import { field, h, replace } from "../../lib/dom.js";
import { MAX_TASKS, asked } from "../../lib/groupings.js";
import { SINGLE, byLibrary } from "../../lib/multitask.js";
import { group, title } from "../../lib/tasks.js";
import { NORMALIZATIONS, options, tick, ticked } from "../multitask/form.js";
import { problemBox } from "../problem.js";

/** Weights of a grid fit one number of tasks only, and groups differ in theirs. */
const NOT_OF_GROUPS = new Set([SINGLE, "grid"]);
const USUAL_METHOD = "uniform";

const number = (value, min, more = {}) => h("input", { type: "number", min, step: 1, value, ...more });
const amount = (value, more = {}) => h("input", { type: "number", min: 0, step: "any", value, ...more });
const valueOf = (input) => (input.value === "" ? null : Number(input.value));

function taskBoxes(tasks) {
  const boxes = tasks.map((name, place) => tick("tasks", name, [h("span", { class: "swatch", dataset: { group: group(name) } }), title(name)], { checked: place < MAX_TASKS }));
  return h("div", null, h("fieldset", { class: "ticks" }, h("legend", null, "Tasks"), boxes),
    tasks.length > MAX_TASKS ? h("p", { class: "hint" }, `At most ${MAX_TASKS} at a time.`) : null);
}

function methodChoice(methods) {
  const usable = methods.filter((method) => method.available && !NOT_OF_GROUPS.has(method.name));
  const option = (method) => h("option", { value: method.name, selected: method.name === USUAL_METHOD }, method.title);
  return h("select", null, byLibrary(usable).map(([legend, list]) => h("optgroup", { label: legend }, list.map(option))));
}

/**
 * @param {string[]} tasks that can share a network
 * @param {object[]} methods of `GET /multitask/methods`
 * @param {string} path of the atlas in the API
 * @param {(job: object) => void} onstarted
 */
export function groupingForm(tasks, methods, path, onstarted) {
  const name = h("input", { required: true, maxlength: 200, value: "Which tasks share", autocomplete: "off" });
  const boxes = taskBoxes(tasks);
  const budget = amount(2, { required: true });
  const candidates = number(3, 1, { required: true });
  const epochs = number(10, 1, { required: true });
  const method = methodChoice(methods);
  const normalization = h("select", null, options(NORMALIZATIONS));
  const networkCost = amount(1, { required: true });
  const headCost = amount(0, { required: true });
  const seed = number(0, 0, { required: true });
  const batch = number("", 2);
  const rate = amount("");
  const wanted = () => asked({
    name: name.value.trim(), tasks: ticked(boxes), budget: valueOf(budget), candidates: valueOf(candidates), epochs: valueOf(epochs),
    method: method.value, normalization: normalization.value, network_cost: valueOf(networkCost), head_cost: valueOf(headCost),
    seed: valueOf(seed), batch_size: valueOf(batch), learning_rate: valueOf(rate),
  });
  const answer = h("div", { "aria-live": "polite" });
  const button = h("button", { type: "submit", class: "primary" }, "Predict and check");
  return h("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        const job = await post(`${path}/groupings`, { json: wanted() });
        replace(answer);
        onstarted(job);
      } catch (error) {
        replace(answer, problemBox(error));
      }
      button.disabled = false;
    },
  },
  h("div", { class: "fields" }, field("Name", name), field("Method", method, "Trains the networks of several tasks.")),
  boxes,
  h("div", { class: "fields" },
    field("Budget", budget, "Of all networks together: their number, while a network costs 1 and a head nothing."),
    field("Candidates", candidates, "How many of the best predicted groupings are trained."),
    field("Epochs", epochs, "Of every network.")),
  h("details", { class: "picker" }, h("summary", null, "More settings"),
    h("div", { class: "fields" },
      field("Cost of a network", networkCost), field("Cost of a head", headCost),
      field("Normalisation", normalization, "What MGDA and MGDA-UB divide a task's gradient by."), field("Seed", seed),
      field("Batch size", batch, "Empty: that of the atlas's own networks."), field("Learning rate", rate, "Empty: that of the atlas's own networks."))),
  button, answer);
}
