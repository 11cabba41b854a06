// Send a picture, say how much each task matters: which model answers, and what it says of every task.

import { post } from "../../lib/api.js";
import { empty, field, h, replace } from "../../lib/dom.js";
import { percent } from "../../lib/format.js";
import { colours, favouring, fromSliders, labelOf } from "../../lib/multitask.js";
import { predicted } from "../atlas/predictions.js";
import { imageSlots } from "../atlas/slots.js";
import { table } from "../atlas/table.js";
import { problemBox } from "../problem.js";

/** Each of so many tasks has a slider; of more one is favoured. */
const MOST_SLIDERS = 6;
/** More answers in words than these are rows of a table. */
const MOST_CARDS = 8;
const SAMPLE = "sample-room.jpg";

const slider = (value, onchange) => h("input", { type: "range", min: 0, max: 100, step: 1, value, ...onchange });

/** {element, preference()}: null while nobody has touched it, and the service's own choice answers. */
function sliders(tasks, onchange) {
  let touched = false;
  const shares = tasks.map(() => h("output", { class: "muted small" }));
  const inputs = tasks.map(() => slider(50, {
    oninput: () => {
      touched = true;
      say();
    },
    onchange,
  }));
  const weights = () => fromSliders(inputs.map((input) => Number(input.value)));
  const say = () => shares.forEach((output, index) => { output.textContent = weights() ? percent(weights()[index]) : "–"; });
  say();
  return {
    element: h("div", { class: "sliders" }, tasks.map((task, index) => h("label", { class: "slider" }, h("span", null, task.title), inputs[index], shares[index]))),
    preference: () => (touched ? weights() : null),
  };
}

/** The same for many tasks: one of them, and how far it goes before the others. */
function favourite(tasks, onchange) {
  const task = h("select", { onchange }, tasks.map((each, index) => h("option", { value: index }, each.title)));
  const strength = slider(0, { onchange });
  return {
    element: h("div", { class: "sliders" }, field("Favour", task), h("label", { class: "slider" }, h("span", null, "All alike"), strength, h("span", null, "this one alone"))),
    preference: () => (Number(strength.value) ? favouring(tasks.length, Number(task.value), Number(strength.value) / 100) : null),
  };
}

const inWords = ({ value, png }) => !png && Array.isArray(value?.top);

function answers(training, found) {
  const all = training.tasks.filter((task) => task.task in found).map((task) => ({ task: task.task, title: task.title, ...found[task.task] }));
  const rows = all.filter(inWords).length > MOST_CARDS ? all.filter(inWords) : [];
  const cards = all.filter((each) => !rows.includes(each));
  return [
    cards.length ? h("div", { class: "predictions" }, cards.map((each) => predicted(each, h("figcaption", null, each.title)))) : null,
    rows.length ? table("Answers", ["Task", "Answer", "How sure"], rows.map((each) => h("tr", null, h("th", { scope: "row" }, each.title),
      h("td", null, each.value.top[0].class.replaceAll("_", " ")), h("td", null, percent(each.value.top[0].probability))))) : null,
  ];
}

function served(training, found) {
  const color = colours(training)(found);
  return h("p", { style: { "--group": color } }, h("span", { class: "swatch" }), h("b", null, `${labelOf(found, training.tasks)}, seed ${found.seed}`),
    ` answers${found.model_id === training.preferred_model ? ", the default" : ""}. `, h("span", { class: "muted small" }, found.model_id));
}

export function tryItPanel(path, dataset, signal) {
  const element = h("div");
  let shown = null;
  let drawn = false;
  let pictures = [];
  let question = new AbortController();
  const answer = h("div", { "aria-live": "polite" });

  const look = async (preference) => {
    question.abort();
    question = new AbortController();
    const mine = AbortSignal.any([question.signal, signal]);
    if (!pictures.length) {
      replace(answer);
      return;
    }
    const form = new FormData();
    form.append("image", pictures[0]);
    if (preference) form.append("preference", JSON.stringify(preference));
    replace(answer, h("p", { class: "loading" }, "Looking"));
    try {
      const found = await post(`${path}/predict`, { form, signal: mine });
      replace(answer, served(shown, found), answers(shown, found.predictions[0].tasks));
    } catch (error) {
      if (!mine.aborted) replace(answer, problemBox(error));
    }
  };
  const draw = (training) => {
    shown = training;
    if (drawn) return; // what a user has dropped stays
    if (!training.preferred_model) {
      replace(element, empty("No model yet", "Models can be tried as soon as their run has ended."));
      return;
    }
    drawn = true;
    const wanted = (training.tasks.length <= MOST_SLIDERS ? sliders : favourite)(training.tasks, () => look(wanted.preference()));
    const slots = imageSlots(1, (files) => {
      pictures = files;
      look(wanted.preference());
    });
    const sample = dataset?.kind === "rooms" ? h("p", { class: "or" }, h("button", {
      type: "button", onclick: async () => slots.fill([await (await fetch(new URL(`../../${SAMPLE}`, import.meta.url))).blob()]),
    }, "Use a rendered room")) : null;
    replace(element,
      h("p", { class: "intro" }, `A picture like those of the data set. It stays on this server, and is brought to ${training.config.network.image_size} by ${training.config.network.image_size} pixels. Of the shared networks that no other beats on validation images, the one that fits your preference best answers.`),
      h("div", { class: "try-it" }, h("div", null, slots.element, sample), h("div", null, h("h3", null, "What matters"), wanted.element)), answer);
  };
  return { element, draw };
}
