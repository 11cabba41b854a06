// A ranking of sources from frozen networks alone, and how far it may be trusted.

import { heatmap, legend } from "../../charts/heatmap.js";
import { get } from "../../lib/api.js";
import { rankScale } from "../../lib/color.js";
import { empty, h, replace, segmented } from "../../lib/dom.js";
import { number, ordinal, percent, places } from "../../lib/format.js";
import { byGroup, group, reserved, title } from "../../lib/tasks.js";
import { problemBox } from "../problem.js";
import { correlation, table } from "./table.js";

const METHODS = {
  logme: { name: "LogME", about: "the evidence of a linear model of the labels on the features" },
  hscore: { name: "H-score", about: "how much of the features' variance the classes explain" },
  transrate: { name: "TransRate", about: "the coding rate of the features less that within classes" },
  leep: { name: "LEEP", about: "the likelihood of the labels through the source's own classes" },
};

function trust(answers) {
  const known = [...answers].filter(([, answer]) => answer.correlation);
  if (!known.length) return h("p", { class: "hint" }, "How far it may be trusted is known once the atlas's transfers are measured.");
  return table("Agreement of estimates with affinities", ["Estimator", "Spearman, mean of targets", "Spearman, all transfers", "Kendall, best sources count most"],
    known.map(([name, { correlation: found }]) => h("tr", null, h("th", { scope: "row" }, METHODS[name].name),
      correlation(found.spearman), correlation(found.pooled_spearman), correlation(found.weighted_kendall))));
}

/** The cells of one method: colours are places within a row, because rows have units of their own. */
function cells(answer) {
  const column = new Map(answer.sources.map((name, index) => [name, index]));
  const row = new Map(answer.targets.map((name, index) => [name, index]));
  const axis = (names) => byGroup(names).map((name) => ({ name, label: title(name), group: group(name), apart: reserved(name) }));
  const columns = axis(answer.sources);
  const rows = axis(answer.targets.filter((name) => answer.values[row.get(name)].some((value) => value !== null)));
  const ranked = new Map(rows.map(({ name }) => [name, places(answer.values[row.get(name)])]));
  const agreement = new Map(answer.correlation?.targets.map((each) => [each.target, each.spearman]));
  return {
    rows, columns,
    value: (r, c) => ranked.get(rows[r].name)[column.get(columns[c].name)],
    describe: (r, c) => {
      const target = rows[r].name;
      const [place, score] = [ranked.get(target)[column.get(columns[c].name)], answer.values[row.get(target)][column.get(columns[c].name)]];
      const spearman = agreement.get(target);
      const count = ranked.get(target).filter((each) => each !== null).length;
      return {
        title: `${columns[c].label} → ${rows[r].label}`,
        lines: place === null ? ["not defined"] : [
          `score ${number(score)}, ${ordinal(Math.round((1 - place) * (count - 1)) + 1)} of ${count}`,
          spearman === null || spearman === undefined ? null : `this row agrees with affinities by ${spearman.toFixed(2)}`,
        ].filter(Boolean),
      };
    },
  };
}

export async function estimatesSection(body, path, signal) {
  const [first, ...others] = Object.keys(METHODS);
  const ask = (method) => get(`${path}/estimates?method=${method}`, { signal });
  // The first says whether there are any.
  const answers = new Map([[first, await ask(first)]]);
  const failed = [];
  const rest = await Promise.allSettled(others.map(ask));
  rest.forEach((each, index) => (each.status === "fulfilled" ? answers.set(others[index], each.value) : failed.push(each.reason)));
  let chosen = first;
  const chart = h("div");
  const draw = () => {
    const shown = cells(answers.get(chosen));
    const scale = rankScale();
    replace(chart, shown.rows.length ? [
      heatmap({ ...shown, scale, caption: `${METHODS[chosen].name}: rows are targets, columns sources, colours the place within the row` }),
      h("div", { class: "legend-box" }, legend(scale, (place) => (place ? "best" : "worst"), "from the worst to the best source of a row"),
        h("span", { class: "hint" }, `${METHODS[chosen].name}: ${METHODS[chosen].about}`)),
    ] : empty("Not defined", "No target of this atlas has classes that this estimator needs."));
  };
  replace(body, h("h3", null, "Agreement with measured affinities"), trust(answers), failed.map(problemBox),
    h("div", { class: "controls spaced" }, segmented("Estimator", [...answers.keys()].map((name) => [name, METHODS[name].name]), chosen, (name) => {
      chosen = name;
      draw();
    })), chart);
  draw();
  document.addEventListener("theme-changed", draw, { signal });
}
