// What every network says of the pictures: a grid in groups, and why a task says nothing.

import { h } from "../../lib/dom.js";
import { number, percent, plural } from "../../lib/format.js";
import { GROUP_TITLES, byGroup, group, task, title } from "../../lib/tasks.js";

const NUMBERS_SHOWN = 9;
const CLASSES_SHOWN = 5;
/** Fewer tasks need no headings. */
const GROUPED = 9;

const spoken = (name) => name.replaceAll("_", " ");

const shares = (entries) =>
  h("ol", { class: "classes" }, entries.slice(0, CLASSES_SHOWN).map(([name, share]) =>
    h("li", { style: { "--share": percent(share, 1) } }, h("span", null, spoken(name)), h("span", { class: "muted" }, percent(share)))));

function written(value, unit = "") {
  if (typeof value === "string") return value;
  const numbers = [value].flat(Infinity);
  const each = (item) => (typeof item !== "number" ? String(item) : unit === "°" ? `${((item * 180) / Math.PI).toFixed(1)}°` : number(item));
  return numbers.slice(0, NUMBERS_SHOWN).map(each).join("  ") + (numbers.length > NUMBERS_SHOWN ? " …" : "") + (unit === "m" ? " m" : "");
}

/** The API ends names with their unit: radians are said in degrees. */
function fact(name, value) {
  const [, bare, unit] = /^(.*?)(?:_(rad|m))?$/.exec(name);
  return h("div", null, h("dt", null, spoken(bare.replace("euler_sxyz", "rotation x, y, z"))),
    h("dd", null, written(value, unit === "rad" ? "°" : unit)));
}

const nested = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Vectors and classes in words. */
function words({ kind, value }) {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value.top)) return shares(value.top.map((entry) => [entry.class, entry.probability]));
  if (kind === "classes") return shares(Object.entries(value));
  if (!nested(value)) return h("p", { class: "numbers" }, written(value));
  const rows = (object) => Object.entries(object).map(([name, each]) => (nested(each)
    ? [h("div", null, h("dt", { class: "part" }, spoken(name))), rows(each)] : fact(name, each)));
  return h("dl", { class: "small-facts" }, rows(value));
}

export const caption = (name) =>
  h("figcaption", null, h("span", { class: "swatch", dataset: { group: group(name) } }), title(name));

/** One prediction: its picture, or its words, or both; `said` goes below. */
export function predicted(item, label = caption(item.task), said = null) {
  // The drawing of a class is a list of bars: words say it better at this size.
  const drawn = item.png && item.kind !== "class";
  return h("figure", { class: "prediction" },
    drawn ? h("img", { src: `data:image/png;base64,${item.png}`, alt: `Prediction of ${title(item.task)}`, width: 176, height: 176 })
      : h("div", { class: "said" }, words(item)),
    label, said, drawn ? words(item) : null);
}

/** How many pictures a task needs; a task that the dictionary does not know needs one. */
export const inputs = (name) => task(name)?.inputs ?? 1;

function silent(name, given, pending) {
  const needed = inputs(name);
  const reason = pending ? "looking" : needed > given ? `needs ${plural(needed, "view")}, ${given} given` : "no answer";
  return h("figure", { class: `prediction is-silent${pending ? " is-pending" : ""}` }, h("div", { class: "said" }, h("p", null, reason)), caption(name));
}

/**
 * @param {string[]} names of the atlas's tasks
 * @param {Map<string, object>} predictions by task
 * @param {number} given pictures
 * @param {Set<number>} pending counts of pictures whose answers are still to come
 */
export function predictionGrid(names, predictions, given, pending) {
  const sorted = byGroup(names);
  const heading = (name, before) => (sorted.length < GROUPED || group(name) === before ? null
    : h("h3", { class: "group-title", dataset: { group: group(name) } }, GROUP_TITLES[group(name)]));
  return h("div", { class: "predictions" }, sorted.map((name, index) => [
    heading(name, index ? group(sorted[index - 1]) : null),
    predictions.has(name) ? predicted(predictions.get(name)) : silent(name, given, pending.has(inputs(name))),
  ]));
}
