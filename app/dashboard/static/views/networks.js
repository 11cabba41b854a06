// How good the task networks are.

import { empty, h, replace } from "../lib/dom.js";
import { percent } from "../lib/format.js";
import { group, reserved, title } from "../lib/tasks.js";

const bar = (rate) => h("td", { class: "rate" }, rate === null || rate === undefined ? "–" : [
  h("span", { class: "rate-track", "aria-hidden": "true" }, h("span", { style: { width: percent(rate, 1) } })), percent(rate)]);

export async function networksSection(body, atlas) {
  const networks = atlas.networks.filter((network) => !reserved(network.task));
  replace(body, networks.length ? h("div", { class: "chart-scroll" }, h("table", { class: "rates" },
    h("thead", null, h("tr", null, ["Task", "beats the best constant", "beats a random encoder"].map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", null, networks.map((network) => h("tr", null,
      h("th", { scope: "row" }, h("span", { class: "swatch", dataset: { group: group(network.task) } }), title(network.task)),
      bar(network.win_rate_vs_constant), bar(network.win_rate_vs_random))))))
    : empty("No networks", "This atlas holds no task networks."));
}
