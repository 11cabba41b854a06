// Show one, two or three views of a scene, see what every task's network makes of them.

import { post } from "../../lib/api.js";
import { empty, h, replace } from "../../lib/dom.js";
import { plural } from "../../lib/format.js";
import { reserved, title } from "../../lib/tasks.js";
import { problemBox } from "../problem.js";
import { inputs, predictionGrid } from "./predictions.js";
import { imageSlots } from "./slots.js";
import { throughSources } from "./through.js";

const SAMPLES = ["sample-room.jpg", "sample-room-2.jpg", "sample-room-3.jpg"];

const sample = async (name) => (await fetch(new URL(`../../${name}`, import.meta.url))).blob();

/** A task takes as many of the views as it needs, from the first on. */
async function ask(path, views, count, signal) {
  const form = new FormData();
  views.slice(0, count).forEach((view) => form.append("image", view));
  form.append("tasks", "all");
  form.append("png", "true");
  return (await post(`${path}/infer`, { form, signal })).predictions;
}

export async function tryItSection(body, path, atlas, signal) {
  const names = atlas.networks.map((network) => network.task).filter((name) => !reserved(name));
  if (!names.length) {
    replace(body, empty("No networks to try", "This atlas holds measured affinities, not networks. Build one to try its predictions."));
    return;
  }
  const counts = [...new Set(names.map(inputs))].sort((a, b) => a - b);
  const most = counts.at(-1);
  const answer = h("div");
  const status = h("p", { class: "hint", "aria-live": "polite" });
  let question = new AbortController();

  const through = throughSources(path, atlas, signal);

  const look = async (views) => {
    through.show(views);
    question.abort();
    question = new AbortController();
    const mine = AbortSignal.any([question.signal, signal]);
    const predictions = new Map();
    const problems = [];
    const pending = new Set(counts.filter((count) => count <= views.length));
    const draw = () => {
      status.textContent = !views.length ? "" : pending.size ? "Every network is looking…" : `${predictions.size} of ${plural(names.length, "task")} answered`;
      replace(answer, problems.map(problemBox), views.length ? predictionGrid(names, predictions, views.length, pending) : null);
    };
    draw();
    for (const count of [...pending]) {
      try {
        for (const prediction of await ask(path, views, count, mine)) predictions.set(prediction.task, prediction);
      } catch (error) {
        if (mine.aborted) return;
        problems.push(error);
      }
      pending.delete(count);
      draw();
    }
  };
  const slots = imageSlots(most, look);
  const several = names.filter((name) => inputs(name) > 1).map(title);
  replace(body,
    h("p", { class: "intro" }, "Pictures stay on this server. The networks know what this atlas was built from only: what looks like that works best, and imperfectly."),
    several.length ? h("p", { class: "intro" }, `Tasks that compare views (${several.join(", ")}) take the first two or three.`) : null,
    slots.element,
    h("p", { class: "or" }, h("button", { type: "button", onclick: async () => slots.fill(await Promise.all(SAMPLES.slice(0, most).map(sample))) },
      most === 1 ? "Use a rendered room" : `Use ${plural(most, "view")} of a rendered room`)),
    status, answer, through.element);
}
