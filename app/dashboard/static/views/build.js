// The form that starts a build.

import { post } from "../lib/api.js";
import { field, h, replace } from "../lib/dom.js";
import { GROUP_TITLES } from "../lib/tasks.js";
import { problemBox } from "./problem.js";

const PRESETS = [
  ["tiny", "Tiny: 4 tasks, about a minute"],
  ["quick", "Quick: 11 tasks, a few minutes"],
  ["demo", "Demo: every task, small networks"],
  ["full", "Full: every task, the paper's size (GPUs)"],
];

function taskPicker(tasks) {
  const groups = Object.groupBy
    ? Object.groupBy(tasks, (task) => task.group)
    : tasks.reduce((grouped, task) => ({ ...grouped, [task.group]: [...(grouped[task.group] ?? []), task] }), {});
  return h("details", { class: "picker" },
    h("summary", null, "Choose tasks ", h("span", { class: "muted" }, "(the preset's, unless you tick some)")),
    Object.entries(groups).map(([name, members]) =>
      h("fieldset", null, h("legend", { dataset: { group: name } }, GROUP_TITLES[name] ?? name),
        members.map((task) => h("label", { class: "tick" },
          h("input", { type: "checkbox", name: "tasks", value: task.name }),
          task.title, task.source_only ? h("span", { class: "muted" }, " source only") : null)))));
}

export function buildForm(tasks, onstarted) {
  const name = h("input", { name: "name", required: true, maxlength: 200, value: "My atlas", autocomplete: "off" });
  const preset = h("select", { name: "preset" }, PRESETS.map(([value, text]) => h("option", { value, selected: value === "quick" }, text)));
  const seed = h("input", { name: "seed", type: "number", min: 0, step: 1, value: 0, required: true });
  const answer = h("div", { "aria-live": "polite" });
  const button = h("button", { type: "submit", class: "primary" }, "Start building");
  const form = h("form", null, field("Name", name), field("Preset", preset),
    taskPicker(tasks), field("Seed", seed, "The same seed gives the same atlas."), button, answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const chosen = new FormData(form).getAll("tasks");
    const wanted = { name: name.value.trim(), preset: preset.value, seed: Number(seed.value) };
    try {
      await post("/atlases", { json: chosen.length ? { ...wanted, tasks: chosen } : wanted });
      replace(answer, h("p", { class: "done" }, "Started. Watch it under Jobs."));
      await onstarted();
    } catch (error) {
      replace(answer, problemBox(error));
    }
    button.disabled = false;
  });
  return form;
}
