// The taxonomy for a budget, beside what every budget is worth.

import { frontierChart } from "../../charts/frontier.js";
import { taxonomyGraph } from "../../charts/taxonomy.js";
import { get } from "../../lib/api.js";
import { empty, h, replace, uid } from "../../lib/dom.js";
import { duration, fixed, list, mean, number, percent, plural } from "../../lib/format.js";
import { HIGHEST_ORDER, group, reserved, title, titles } from "../../lib/tasks.js";
import { problemBox } from "../problem.js";
import { chancePanel } from "./chance.js";
import { figure, table, taskHead } from "./table.js";

const WAIT_MS = 120;

function summary(taxonomy) {
  const transferred = taxonomy.transfers.filter((transfer) => !transfer.sources.includes("self"));
  return [
    h("dl", { class: "figures" },
      figure("Objective", fixed(taxonomy.objective), taxonomy.optimal ? "proven optimal" : `within ${percent(taxonomy.gap, 1)} of the optimum`),
      figure("Mean gain", percent(mean(transferred.map((transfer) => transfer.win_rate_vs_scratch)), 1), `against scratch, ${plural(transferred.length, "transfer")}`),
      figure("Mean quality", percent(mean(transferred.map((transfer) => transfer.win_rate_vs_full)), 1), "against full supervision"),
      figure("Solved in", taxonomy.solver.seconds < 1 ? `${Math.round(1000 * taxonomy.solver.seconds)} ms` : duration(taxonomy.solver.seconds), taxonomy.solver.name)),
    h("p", { class: "chosen" }, "Chosen: ", taxonomy.sources.map((source) =>
      h("span", { class: "tag", dataset: { group: group(source) } }, title(source)))),
    taxonomy.unreachable_targets.length
      ? h("p", { class: "hint" }, `No allowed transfer reaches ${list(taxonomy.unreachable_targets.map(title))}.`) : null,
  ];
}

/** The same as text: what the graph shows, what each target would take next, and what that would cost. */
function asTable(taxonomy) {
  const next = new Map(taxonomy.explanation.targets.map((runner) => [runner.target, runner]));
  const columns = ["Target", "From", "Affinity", "Gain", "Quality", "Next best", "It would lose"];
  const row = (transfer) => {
    const runner = next.get(transfer.target);
    return h("tr", null, taskHead(transfer.target),
      [titles(transfer.sources), number(transfer.affinity), percent(transfer.win_rate_vs_scratch, 1), percent(transfer.win_rate_vs_full, 1),
        runner?.sources ? titles(runner.sources) : "–", runner?.sources ? number(runner.loss) : "–"].map((cell) => h("td", null, cell)));
  };
  return h("details", { class: "as-table" }, h("summary", null, "The same as a table"),
    table("Table of the chosen transfers", columns, taxonomy.transfers.map(row)));
}

export async function taxonomySection(body, path, atlas, signal) {
  const orders = atlas.orders.filter((order) => order <= HIGHEST_ORDER);
  const highest = Math.max(...orders);
  const last = atlas.sources.filter((source) => !reserved(source)).length;
  if (!last || !orders.length) {
    replace(body, empty("No taxonomy", "This atlas has no transfer between tasks."));
    return;
  }
  const state = { budget: Math.min(4, Math.ceil(last / 2)), maxOrder: highest };
  let frontier = [];
  const sliderId = uid("budget");
  const orderId = uid("order");
  const slider = h("input", { id: sliderId, type: "range", min: 1, max: last, step: 1, value: state.budget });
  const shown = h("output", { for: sliderId }, String(state.budget));
  const order = h("select", { id: orderId }, orders.map((each) => h("option", { value: each, selected: each === highest }, `up to ${each}`)));
  const curve = h("div", { class: "curve" });
  const figures = h("div", { "aria-live": "polite" }, h("p", { class: "loading" }, "Solving"));
  const graph = h("div");
  const rows = h("div");
  const chance = chancePanel(path, signal);
  let asked = 0;
  let timer = null;

  const drawCurve = () => {
    if (!frontier.length) return;
    replace(curve, frontierChart(frontier, state.budget, (budget) => {
      slider.value = String(budget);
      pick(budget);
    }));
  };
  const loadCurve = async () => {
    const order = state.maxOrder;
    frontier = [];
    replace(curve, h("p", { class: "loading" }, "Solving for every budget"));
    try {
      const { items } = await get(`${path}/frontier?max_order=${order}`, { signal });
      if (order !== state.maxOrder) return;
      frontier = items.filter((point) => point.budget <= last);
      drawCurve();
    } catch (error) {
      if (!signal.aborted && order === state.maxOrder) replace(curve, problemBox(error));
    }
  };
  const load = async () => {
    const mine = (asked += 1);
    try {
      const taxonomy = await get(`${path}/taxonomy?budget=${state.budget}&max_order=${state.maxOrder}`, { signal });
      if (mine !== asked) return;
      replace(figures, summary(taxonomy));
      replace(graph, taxonomyGraph(taxonomy));
      const open = rows.querySelector("details")?.open ?? false;
      replace(rows, asTable(taxonomy));
      rows.querySelector("details").open = open;
    } catch (error) {
      if (!signal.aborted && mine === asked) replace(figures, problemBox(error));
    }
  };
  const pick = (budget) => {
    state.budget = budget;
    shown.textContent = String(budget);
    drawCurve();
    chance.choose(state.budget, state.maxOrder);
    clearTimeout(timer);
    timer = setTimeout(load, WAIT_MS);
  };
  slider.addEventListener("input", () => pick(Number(slider.value)));
  order.addEventListener("change", async () => {
    state.maxOrder = Number(order.value);
    chance.choose(state.budget, state.maxOrder);
    await load();
    await loadCurve();
  });
  replace(body,
    h("div", { class: "taxonomy-layout" },
      h("div", { class: "taxonomy-side" },
        h("div", { class: "controls" },
          h("div", { class: "field slider" }, h("label", { for: sliderId }, "Budget ", shown), slider),
          h("div", { class: "field" }, h("label", { for: orderId }, "Order"), order)),
        curve, figures),
      graph, rows, chance.element));
  chance.choose(state.budget, state.maxOrder);
  // The curve is many taxonomies: the one that is shown comes first.
  await load();
  await loadCurve();
}
