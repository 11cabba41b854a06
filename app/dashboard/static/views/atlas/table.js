// Tables and figures that the panels share.

import { h } from "../../lib/dom.js";
import { percent } from "../../lib/format.js";
import { group, title } from "../../lib/tasks.js";

/** A table that scrolls sideways where it must; `body` and `foot` are rows. */
export const table = (label, columns, body, foot = []) =>
  h("div", { class: "chart-scroll", tabindex: 0, role: "group", "aria-label": label }, h("table", { class: "rates" },
    h("thead", null, h("tr", null, columns.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", null, body),
    foot.length ? h("tfoot", null, foot) : null));

export const taskHead = (name) =>
  h("th", { scope: "row" }, h("span", { class: "swatch", dataset: { group: group(name) } }), title(name));

/** A share of images with its bar; the bar has a mark at one half, where nothing is won. */
export const rate = (value) => h("td", { class: "rate" }, value === null || value === undefined ? "–" : [
  h("span", { class: `rate-track${value < 0.5 ? " is-low" : ""}`, "aria-hidden": "true" }, h("span", { style: { width: percent(value, 1) } })),
  percent(value)]);

/** A correlation from -1 to 1 as a bar from the middle. */
export function correlation(value) {
  if (value === null || value === undefined) return h("td", null, "–");
  const [from, to] = value < 0 ? [0.5 + value / 2, 0.5] : [0.5, 0.5 + value / 2];
  return h("td", { class: "rate" },
    h("span", { class: `rate-track is-signed${value < 0 ? " is-low" : ""}`, "aria-hidden": "true" },
      h("span", { style: { "margin-left": percent(from, 1), width: percent(to - from, 1) } })),
    value.toFixed(2));
}

/** A number that is worth its size, in a `dl`. */
export const figure = (name, value, hint) =>
  h("div", null, h("dt", null, name), h("dd", null, value), hint ? h("p", { class: "hint" }, hint) : null);
