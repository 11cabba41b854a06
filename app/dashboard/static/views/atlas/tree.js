// The task similarity tree, and whether its groups could be chance.

import { taskTree } from "../../charts/tree.js";
import { download, get } from "../../lib/api.js";
import { h, replace } from "../../lib/dom.js";
import { number, percent, plural, probability } from "../../lib/format.js";
import { GROUP_TITLES, byRank, title } from "../../lib/tasks.js";
import { problemBox } from "../problem.js";
import { table } from "./table.js";

const SIGNIFICANT = 0.05;

/** Per group: how near its tasks stand, and how often as many random tasks stand as near. */
function clusters(found) {
  const ranked = byRank(found.groups);
  const farthest = Math.max(found.between, ...ranked.map((each) => each.within ?? 0));
  const row = (name, label, count, distance, p) => h("tr", null,
    h("th", { scope: "row" }, name ? h("span", { class: "swatch", dataset: { group: name } }) : null, label),
    h("td", null, count),
    h("td", { class: "rate" }, distance === null ? "–" : [
      h("span", { class: "rate-track is-plain", dataset: name ? { group: name } : {}, "aria-hidden": "true" }, h("span", { style: { width: percent(distance / (farthest || 1), 1) } })),
      number(distance)]),
    h("td", null, p === null ? "–" : h(p < SIGNIFICANT ? "b" : "span", null, probability(p))));
  return [
    h("p", null, found.p_value < SIGNIFICANT
      ? `Tasks of one group stand nearer to each other than chance would have it (p = ${probability(found.p_value)}).`
      : `Tasks of one group stand no nearer to each other than chance may have it (p = ${probability(found.p_value)}).`),
    table("Table of groups", ["Group", "Tasks", "Mean distance within", "p"],
      ranked.map((each) => row(each.group, GROUP_TITLES[each.group] ?? each.group, each.tasks.length, each.within, each.p_value)),
      [
        row(null, "All groups", found.groups.reduce((sum, each) => sum + each.tasks.length, 0), found.within, found.p_value),
        row(null, "Across groups", "", found.between, null),
      ]),
    h("p", { class: "hint" },
      `A distance is the height in the tree at which two tasks join. p: how often groups dealt out at random, ${plural(found.permutations, "time")}, stand as near.`,
      found.ungrouped_tasks.length ? ` Not counted, being of no group: ${found.ungrouped_tasks.map(title).join(", ")}.` : ""),
  ];
}

export async function treeSection(body, path, signal) {
  const side = h("div", { class: "tree-side" }, h("h3", null, "Do groups stand together?"));
  const groups = h("div", { "aria-live": "polite" }, h("p", { class: "loading" }, "Dealing out groups at random"));
  const answer = await get(`${path}/tree`, { signal });
  side.append(groups);
  replace(body, h("div", { class: "tree-layout" },
    h("div", null, taskTree(answer.root),
      h("button", { type: "button", class: "quiet", onclick: () => download(`${path}/tree?format=newick`, "tree.nwk") }, "Download Newick")),
    side));
  try {
    replace(groups, clusters(await get(`${path}/tree/groups`, { signal })));
  } catch (error) {
    if (!signal.aborted) replace(groups, problemBox(error));
  }
}
