// How good the task networks are: the paper's win-rate table, with each task's main metric.

import { empty, h, replace } from "../../lib/dom.js";
import { mean, number, percent, plural } from "../../lib/format.js";
import { mainMetric, withUnit } from "../../lib/metrics.js";
import { byGroup, reserved } from "../../lib/tasks.js";
import { figure, rate, table, taskHead } from "./table.js";

const COLUMNS = ["Task", "Beats the best constant", "Beats a random encoder", "Main metric on test images"];

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
    table("Table of task networks", COLUMNS,
      networks.map((network) => h("tr", null, taskHead(network.task), rate(network.win_rate_vs_constant), rate(network.win_rate_vs_random), metric(network))),
      [h("tr", null, h("th", { scope: "row" }, `Mean of ${plural(networks.length, "task")}`), rate(constant), rate(random), h("td"))]));
}
