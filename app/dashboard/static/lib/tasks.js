// The task dictionary, found by our name or by the paper's (imported files use the latter).

import { all } from "./api.js";

const RANKS = ["2d", "3d", "semantic", "low-dim", "own", "other"];
export const GROUP_TITLES = { "2d": "2D", "3d": "3D", semantic: "Semantic", "low-dim": "Low-dimensional", own: "Your own", other: "Other" };
/** Imported files hold a few sets beyond the orders that atlases are built with. */
export const HIGHEST_ORDER = 5;
const RESERVED = {
  self: { title: "Self, fully supervised", group: "other" },
  random: { title: "Random encoder", group: "other" },
};

let loaded = null;
const known = new Map(Object.entries(RESERVED));

/** Loads the dictionary once. */
export async function loadTasks(signal) {
  if (!loaded) {
    loaded = all("/tasks", { signal }).catch((error) => {
      loaded = null;
      throw error;
    });
    const tasks = await loaded;
    for (const task of tasks) {
      if (task.paper_name && !(task.paper_name in RESERVED)) known.set(task.paper_name, task);
    }
    for (const task of tasks) if (!(task.name in RESERVED)) known.set(task.name, task);
  }
  return loaded;
}

/** Tasks that a user declared: {name, title, inputs, ...}; what the dictionary has stays as it is. */
export function declare(tasks) {
  for (const each of tasks) if (["own", "other"].includes(group(each.name))) known.set(each.name, { ...each, group: "own" });
}

/** The dictionary's entry of a task by either name; undefined of a stranger. */
export const task = (name) => known.get(name);
export const title = (name) => known.get(name)?.title ?? name.replaceAll("_", " ");
export const titles = (names) => names.map(title).join(" + ");
export const group = (name) => known.get(name)?.group ?? "other";
export const reserved = (name) => name in RESERVED;

/** Names sorted by group, then title; reserved ones last. */
export function byGroup(names) {
  const rank = (name) => (reserved(name) ? RANKS.length + Object.keys(RESERVED).indexOf(name) : RANKS.indexOf(group(name)));
  return [...names].sort((a, b) => rank(a) - rank(b) || title(a).localeCompare(title(b)));
}

/** What has a `group`, in the order of groups. */
export const byRank = (entries) => [...entries].sort((a, b) => RANKS.indexOf(a.group) - RANKS.indexOf(b.group));
