// How two atlases agree on which sources serve which targets.

import { all, get } from "../../lib/api.js";
import { h, replace, uid } from "../../lib/dom.js";
import { percent, plural } from "../../lib/format.js";
import { HIGHEST_ORDER, title } from "../../lib/tasks.js";
import { problemBox } from "../problem.js";
import { correlation, figure, table, taskHead } from "./table.js";

const rho = (value) => (value === null ? "–" : value.toFixed(2));

function orders(found) {
  const row = (label, each) => h("tr", null, h("th", { scope: "row" }, label), h("td", null, each.transfers),
    correlation(each.spearman), correlation(each.mean_spearman), correlation(each.mean_kendall));
  return table("Agreement by order", ["Order", "Transfers in both", "Spearman, all targets", "Spearman, mean of targets", "Kendall, mean of targets"],
    found.orders.filter((each) => each.order <= HIGHEST_ORDER).map((each) => row(each.order, each)), [row("All", found.overall)]);
}

function targets(found) {
  const best = (each) => (each.best_source === null ? "–"
    : each.same_best_source ? title(each.best_source) : `${title(each.best_source)} here, ${title(each.best_source_with)} there`);
  return table("Agreement by target", ["Target", "Transfers in both", "Spearman", "Best single source"],
    found.targets.map((each) => h("tr", null, taskHead(each.target), h("td", null, each.transfers), correlation(each.spearman), h("td", null, best(each)))));
}

function compared(found) {
  if (!found.transfers) return h("p", null, "These two atlases have no transfer in common.");
  return [
    h("dl", { class: "figures" },
      figure("Spearman", rho(found.overall.spearman), "of affinities, all targets together"),
      figure("Spearman within targets", rho(found.overall.mean_spearman), `mean of ${plural(found.overall.targets, "target")}`),
      figure("Same best source", percent(found.same_best_source), "of the targets"),
      figure("Transfers in both", found.transfers.toLocaleString("en"), `${found.transfers_only_in_atlas} here only, ${found.transfers_only_in_other} there only`)),
    orders(found), h("h3", { class: "spaced" }, "Target by target"), targets(found),
  ];
}

/** What is compared with first: the atlas whose networks this one took over, or else the one with most targets in common. */
function likeliest(atlas, others) {
  const own = new Set(atlas.targets);
  const common = (other) => (other.id === atlas.base ? Infinity : other.targets.filter((target) => own.has(target)).length);
  return others.reduce((best, other) => (common(other) > common(best) ? other : best));
}

export async function comparisonSection(body, path, atlas, signal) {
  const others = (await all("/atlases", { signal })).filter((other) => other.status === "ready" && other.id !== atlas.id);
  if (!others.length) return false;
  const answer = h("div");
  const id = uid("other");
  const first = likeliest(atlas, others);
  const select = h("select", { id }, others.map((other) => h("option", { value: other.id, selected: other === first }, other.name)));
  const ask = (other) => get(`${path}/comparison?with=${encodeURIComponent(other)}`, { signal });
  select.addEventListener("change", async () => {
    const { value } = select;
    replace(answer, h("p", { class: "loading" }, "Comparing"));
    try {
      const found = await ask(value);
      if (value === select.value) replace(answer, compared(found));
    } catch (error) {
      if (!signal.aborted && value === select.value) replace(answer, problemBox(error));
    }
  });
  replace(answer, compared(await ask(first.id)));
  replace(body, h("div", { class: "field slim" }, h("label", { for: id }, "With"), select), answer);
  return true;
}
