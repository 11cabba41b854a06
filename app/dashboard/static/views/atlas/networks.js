// How good the task networks are: the paper's win-rate table, with each task's main metric.

import { empty, h, replace } from "../../lib/dom.js";
import { mean, number, percent, plural } from "../../lib/format.js";
import { mainMetric, withUnit } from "../../lib/metrics.js";
import { byGroup, group, reserved, title } from "../../lib/tasks.js";

const COLUMNS = ["Task", "Beats the best constant", "Beats a random encoder", "Main metric on test images"];

/** A share of images with its bar; the bar has a mark at one half, where nothing is won. */
const rate = (value) => h("td", { class: "rate" }, value === null || value === undefined ? "–" : [
  h("span", { class: `rate-track${value < 0.5 ? " is-low" : ""}`, "aria-hidden": "true" }, h("span", { style: { width: percent(value, 1) } })),
  percent(value)]);

/** The main metric; of a task that is not of the dictionary the first that was measured. */
function metric(network) {
  const main = mainMetric(network.task);
  if (main && main.metric in network.metrics) {
    return h("td", null, h("b", null, withUnit(network.metrics[main.metric], main.unit)),
      h("span", { class: "muted" }, ` ${main.words}, ${main.lower ? "less" : "more"} is better`));
  }
  const [first] = Object.entries(network.metrics);
  return h("td", null, first ? [h("b", null, number(first[1])), h("span", { class: "muted" }, ` ${first[0].replaceAll("_", " ")}`)] : "–");
}

function won(networks, field) {
  const rates = networks.map((network) => network[field]).filter((value) => value !== null);
  return `${rates.filter((value) => value > 0.5).length} of ${plural(rates.length, "task")} on more than half`;
}

const figure = (name, value, hint) =>
  h("div", null, h("dt", null, name), h("dd", null, value), h("p", { class: "hint" }, hint));

export async function networksSection(body, atlas) {
  const measured = new Map(atlas.networks.map((network) => [network.task, network]));
  const networks = byGroup([...measured.keys()].filter((name) => !reserved(name))).map((name) => measured.get(name));
  if (!networks.length) {
    replace(body, empty("No networks", "This atlas holds no task networks."));
    return;
  }
  const overall = (field) => mean(networks.map((network) => network[field]));
  const constant = overall("win_rate_vs_constant");
  const random = overall("win_rate_vs_random");
  replace(body,
    h("dl", { class: "figures few" },
      figure("Against the best constant", percent(constant, 1), won(networks, "win_rate_vs_constant")),
      figure("Against a random encoder", percent(random, 1), won(networks, "win_rate_vs_random"))),
    h("div", { class: "chart-scroll", tabindex: 0, role: "group", "aria-label": "Table of task networks" }, h("table", { class: "rates" },
      h("thead", null, h("tr", null, COLUMNS.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", null, networks.map((network) => h("tr", null,
        h("th", { scope: "row" }, h("span", { class: "swatch", dataset: { group: group(network.task) } }), title(network.task)),
        rate(network.win_rate_vs_constant), rate(network.win_rate_vs_random), metric(network)))),
      h("tfoot", null, h("tr", null, h("th", { scope: "row" }, `Mean of ${plural(networks.length, "task")}`), rate(constant), rate(random), h("td"))))));
}
