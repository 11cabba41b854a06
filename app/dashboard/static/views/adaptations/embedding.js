// Bottleneck features in the plane, a picture a method: do target examples lie where their class of the source does?

import { scatter } from "../../charts/scatter.js";
import { get } from "../../lib/api.js";
import { methodTitle } from "../../lib/adaptations.js";
import { hues } from "../../lib/color.js";
import { empty, h, replace, segmented } from "../../lib/dom.js";
import { problemBox } from "../problem.js";

const MOST_KEYS = 30;
const NOTHING_YET = 409;
const UNKNOWN = "not known";

function colourings(adaptation) {
  const { classes, shared_classes: shared } = adaptation;
  const coloured = shared ?? classes;
  const hue = hues(coloured.length);
  const ofClass = (name) => (coloured.includes(name) ? hue(coloured.indexOf(name)) : "var(--group-other)");
  const entries = {
    class: {
      name: "Class", key: (point) => point.label ?? UNKNOWN, color: ofClass, keys: coloured,
      about: shared ? "Coloured dots: classes that the target has; grey ones: outlier classes, which should lie by themselves." : "A colour for each class.",
    },
    domain: {
      name: "Domain", key: (point) => point.domain, color: (name) => (name === "source" ? "var(--accent)" : "var(--warm)"), keys: ["source", "target"],
      about: "Aligned domains mix; target examples on top of outlier classes are negative transfer at work.",
    },
  };
  if (shared) {
    entries.mistakes = {
      name: "Mistakes", key: (point) => (point.domain === "source" ? "source" : point.label === null ? UNKNOWN : point.label === point.prediction ? "right" : "wrong"),
      color: (name) => ({ right: "var(--good)", wrong: "var(--warm)" })[name] ?? "var(--group-other)", keys: ["right", "wrong", "source"],
      about: "Target examples by whether the model that is kept recognises them.",
    };
  }
  return entries;
}

const describe = (point) => [
  `${point.domain === "source" ? "Source" : "Target"}: ${point.label ?? "class not known"}`, `taken for ${point.prediction}`,
];

export function embeddingPanel(path, signal) {
  const element = h("div");
  let drawnFor = null;
  let colouring = "class";
  let on = null;

  const show = (adaptation, embeddings) => {
    const entries = colourings(adaptation);
    const chosen = entries[colouring] ?? entries.class;
    const again = (change) => () => {
      change();
      show(adaptation, embeddings);
    };
    replace(element,
      h("div", { class: "controls" }, segmented("Colour by", Object.entries(entries).map(([name, each]) => [name, each.name]), colouring, (name) => again(() => {
        colouring = name;
        on = null;
      })())),
      chosen.keys.length <= MOST_KEYS ? h("div", { class: "method-keys" }, chosen.keys.map((name) => h("button", {
        type: "button", class: "quiet method-key", "aria-pressed": String(on === name), onclick: again(() => { on = on === name ? null : name; }),
      }, h("span", { class: "swatch", style: { background: chosen.color(name) } }), name))) : null,
      h("p", { class: "hint" }, `Small pale dots are source examples, large ones target examples. ${chosen.about} Distances between far groups mean nothing (${embeddings[0].projection}).`),
      h("div", { class: "scatter-grid" }, embeddings.map((each) => scatter({
        title: `${methodTitle(each.method)}, seed ${each.seed}`, method: each.method, points: each.points, key: chosen.key, color: chosen.color, on, describe,
      }))));
  };
  const draw = async (adaptation) => {
    const models = adaptation.results.filter((run) => run.model_id).map((run) => run.model_id).join();
    if (models === drawnFor) return;
    drawnFor = models;
    if (!models) {
      replace(element, empty("No model yet", "Pictures appear here as runs end."));
      return;
    }
    try {
      const { embeddings } = await get(`${path}/embedding`, { signal });
      show(adaptation, embeddings);
    } catch (error) {
      if (!signal.aborted && error.status !== NOTHING_YET) replace(element, problemBox(error));
    }
  };
  return { element, draw };
}
