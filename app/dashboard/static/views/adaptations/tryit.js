// Drop a picture: what each method's model takes it for.

import { post } from "../../lib/api.js";
import { methodTitle, modelsByMethod } from "../../lib/adaptations.js";
import { empty, h, replace } from "../../lib/dom.js";
import { percent } from "../../lib/format.js";
import { imageSlots } from "../atlas/slots.js";
import { problemBox } from "../problem.js";

const SHOWN = 5;

function said(run, preferred, adaptation, prediction) {
  const outlier = (name) => adaptation.outlier_classes?.includes(name);
  return h("figure", { class: "prediction class-prediction" },
    h("figcaption", { dataset: { method: run.method } }, h("span", { class: "swatch" }), methodTitle(run.method), h("span", { class: "muted small" }, ` seed ${run.seed}${preferred ? ", the default" : ""}`)),
    h("p", { class: "answer" }, prediction.class),
    h("ol", { class: "classes" }, Object.entries(prediction.probabilities).slice(0, SHOWN).map(([name, share]) => h("li", { style: { "--share": percent(share, 1) } },
      h("span", null, name, outlier(name) ? h("span", { class: "muted" }, " (outlier)") : null), h("span", { class: "muted" }, percent(share))))));
}

export function tryItPanel(path, signal) {
  const element = h("div");
  let shown = null;
  let drawnFor = null;
  let question = new AbortController();
  const answer = h("div", { "aria-live": "polite" });

  const look = async (pictures) => {
    question.abort();
    question = new AbortController();
    const mine = AbortSignal.any([question.signal, signal]);
    if (!pictures.length) {
      replace(answer);
      return;
    }
    const runs = modelsByMethod(shown);
    const grid = h("div", { class: "predictions" }, h("p", { class: "loading" }, "Every method is looking"));
    replace(answer, grid);
    try {
      const found = await Promise.all(runs.map(async (run) => {
        const form = new FormData();
        form.append("image", pictures[0]);
        form.append("model", run.model_id);
        return (await post(`${path}/predict`, { form, signal: mine })).predictions[0];
      }));
      replace(grid, runs.map((run, index) => said(run, run.model_id === shown.preferred_model, shown, found[index])));
    } catch (error) {
      if (!mine.aborted) replace(answer, problemBox(error));
    }
  };
  const draw = (adaptation) => {
    shown = adaptation;
    const state = adaptation.config.image_size === null ? "vectors" : adaptation.preferred_model ? "ready" : "none";
    if (state === drawnFor) return; // what a user has dropped stays
    drawnFor = state;
    if (state === "vectors") replace(element, empty("Its models take vectors", `Send rows of ${adaptation.config.input_features} numbers to POST /adaptations/${adaptation.id}/predict.`));
    else if (state === "none") replace(element, empty("No model yet", "Models can be tried as soon as their run has ended."));
    else {
      replace(element, h("p", { class: "intro" }, `A picture like those of the target. It stays on this server, and is brought to ${adaptation.config.image_size} by ${adaptation.config.image_size} pixels. Of each method the model with the highest label-free score answers.`),
        imageSlots(1, look).element, answer);
    }
  };
  return { element, draw };
}
