// The form that starts an adaptation.

import { all, post } from "../../lib/api.js";
import { METHOD_NAMES, choices, heldClasses, matches, methodTitle } from "../../lib/adaptations.js";
import { empty, field, h, replace, uid } from "../../lib/dom.js";
import { plural } from "../../lib/format.js";
import { problemBox } from "../problem.js";

const MODES = [["", "the service's default"], ["paper", "paper: the published formulas"], ["caffe", "caffe: the authors' Caffe code"], ["w_t", "w_t: the authors' PyTorch script"]];
const BACKBONES = [["small", "small: images of 28 to 64 pixels"], ["resnet18", "ResNet-18"], ["resnet50", "ResNet-50"]];
const VECTORS = [["features", "features: the vectors as they are"]];
const SELECTORS = [["", "the service's default"], ["infomax", "InfoMax"], ["entropy", "entropy"], ["source-validation", "source validation"], ["dev", "DEV"], ["snd", "SND"]];

const options = (entries) => entries.map(([value, text]) => h("option", { value }, text));

const ticks = (legend, name, entries) => h("fieldset", { class: "ticks" }, h("legend", null, legend),
  entries.map(([value, text, checked]) => h("label", { class: "tick" }, h("input", { type: "checkbox", name, value, checked }), text)));

const sizeOf = (dataset) => {
  const examples = dataset.report.splits.train;
  return `${dataset.name} (${plural(heldClasses(dataset).length, "class", "classes")}${examples ? `, ${examples.toLocaleString("en")} examples` : ""})`;
};

/** Whole numbers of a list that a person typed; what is none of them stays for the server to refuse. */
export const seedsOf = (text) => text.split(/[\s,;]+/).filter(Boolean).map((each) => (/^\d+$/.test(each) ? Number(each) : each));

function targetClasses(source, target) {
  const shared = heldClasses(source).filter((name) => heldClasses(target).includes(name));
  return shared.length ? shared : null;
}

function start(datasets, onstarted) {
  const { sources, targets } = choices(datasets);
  const byId = new Map(datasets.map((each) => [each.id, each]));
  const name = h("input", { required: true, maxlength: 200, value: "My adaptation", autocomplete: "off" });
  const source = h("select", null, options(sources.map((each) => [each.id, sizeOf(each)])));
  const target = h("select");
  const classes = h("div");
  const backbone = h("select");
  const seeds = h("input", { required: true, value: "0, 1, 2", autocomplete: "off", inputmode: "numeric" });
  const steps = h("input", { type: "number", min: 1, step: 1, value: 2000, required: true });
  const batch = h("input", { type: "number", min: 2, step: 1, value: 64, required: true });
  const mode = h("select", null, options(MODES));
  const selector = h("select", null, options(SELECTORS));
  const weights = h("input", { maxlength: 2000, autocomplete: "off", placeholder: "/data/weights.safetensors" });
  const methods = ticks("Methods", "methods", METHOD_NAMES.map((each) => [each, methodTitle(each), true]));

  const offerClasses = () => {
    const names = targetClasses(byId.get(source.value), byId.get(target.value));
    const boxes = names && ticks("Classes of the target", uid("classes"), names.map((each) => [each, each, true]));
    const all = names && h("button", {
      type: "button", class: "quiet",
      onclick: () => boxes.querySelectorAll("input").forEach((box) => { box.checked = !box.checked; }),
    }, "Invert");
    replace(classes, names ? [boxes, h("p", { class: "hint" }, "Unticked ones are left out of the target: a whole data set becomes a partial target. ", all)]
      : h("p", { class: "hint" }, "The target has no labels of the source's classes: nothing to choose from, and no accuracies."));
  };
  const offerTargets = () => {
    const from = byId.get(source.value);
    const fitting = targets.filter((each) => matches(each, from));
    const kept = target.value;
    replace(target, options(fitting.map((each) => [each.id, sizeOf(each)])));
    target.value = fitting.some((each) => each.id === kept) ? kept : (fitting.find((each) => each.id !== from.id) ?? from).id;
    replace(backbone, options((from.report.features ?? null) === null ? BACKBONES : VECTORS));
    offerClasses();
  };
  source.value = sources.reduce((best, each) => (heldClasses(each).length > heldClasses(best).length ? each : best)).id;
  source.addEventListener("change", offerTargets);
  target.addEventListener("change", offerClasses);
  offerTargets();

  const wanted = () => {
    const boxes = [...classes.querySelectorAll("input")];
    const kept = boxes.filter((box) => box.checked).map((box) => box.value);
    return {
      name: name.value.trim(), source_dataset: source.value, target_dataset: target.value,
      ...(kept.length < boxes.length ? { target_classes: kept } : {}),
      methods: [...methods.querySelectorAll("input:checked")].map((box) => box.value),
      backbone: backbone.value, seeds: seedsOf(seeds.value), steps: Number(steps.value), batch_size: Number(batch.value),
      ...(mode.value ? { mode: mode.value } : {}), ...(selector.value ? { selector: selector.value } : {}),
      ...(weights.value.trim() ? { weights: weights.value.trim() } : {}),
    };
  };
  const answer = h("div", { "aria-live": "polite" });
  const button = h("button", { type: "submit", class: "primary" }, "Start adapting");
  return h("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        onstarted(await post("/adaptations", { json: wanted() }));
      } catch (error) {
        replace(answer, problemBox(error));
      }
      button.disabled = false;
    },
  },
  field("Name", name), field("Source: all classes, labelled", source), field("Target: labels are for figures only", target), classes, methods,
  h("div", { class: "fields" }, field("Seeds", seeds), field("Steps", steps)),
  h("details", { class: "picker" }, h("summary", null, "More settings"),
    field("Backbone", backbone), field("Formulas of SAN", mode), field("Step is chosen by", selector, "A score without target labels."),
    field("Batch size", batch), field("Pretrained weights", weights, "Of a ResNet: a safetensors file on the server.")),
  button, answer);
}

export async function adaptationForm(onstarted, signal) {
  const datasets = await all("/datasets", { signal });
  if (!choices(datasets).sources.length) {
    return empty("No data set with classes", "Register two with POST /datasets: the guide to data sets of classes says how.");
  }
  return start(datasets, onstarted);
}
