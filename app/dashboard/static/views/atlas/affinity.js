// The affinity matrix before and after the analytic hierarchy process, and the same cells as gain and quality.

import { heatmap, legend } from "../../charts/heatmap.js";
import { leafOrder } from "../../charts/tree.js";
import { all, download, get } from "../../lib/api.js";
import { linearScale, logScale, spansDecades, winRateScale } from "../../lib/color.js";
import { empty, h, replace, segmented } from "../../lib/dom.js";
import { number, ordinal, percent } from "../../lib/format.js";
import { HIGHEST_ORDER, byGroup, group, reserved, title, titles } from "../../lib/tasks.js";

const MEASURES = {
  affinity: { name: "Affinity", field: "affinity", format: number, about: "After the tournament's analytic hierarchy process (AHP): shares of the target's principal eigenvector." },
  before: { name: "Before AHP", field: "win_rate", format: percent, about: "Before AHP: the mean share of test images won against the target's other transfers." },
  gain: { name: "Gain", field: "win_rate_vs_scratch", format: percent, about: "Share of test images on which the transfer beats training from scratch on as much data." },
  quality: { name: "Quality", field: "win_rate_vs_full", format: percent, about: "Share of test images on which the transfer beats full supervision." },
};

const axis = (names) => names.map((name, index) => ({
  name, label: title(name), group: group(name), apart: reserved(name) && !reserved(names[index - 1] ?? name),
}));

function describeTransfer(target, transfer) {
  return {
    title: `${titles(transfer.sources)} → ${title(target)}`,
    lines: [
      `affinity ${number(transfer.affinity)}`,
      transfer.win_rate === null ? null : `before AHP ${percent(transfer.win_rate, 1)} of the tournament won`,
      `gain ${percent(transfer.win_rate_vs_scratch, 1)} of images better than from scratch`,
      `quality ${percent(transfer.win_rate_vs_full, 1)} better than fully supervised`,
      transfer.test_loss === null ? null : `test loss ${number(transfer.test_loss)}`,
    ].filter(Boolean),
  };
}

/** First order: one column per source, in groups or in the order of the task tree. */
function firstOrder(transfers, atlas, measure, order) {
  const cell = new Map(transfers.map((transfer) => [`${transfer.target}\n${transfer.sources[0]}`, transfer]));
  const sources = [...new Set(transfers.map((transfer) => transfer.sources[0]))];
  const position = new Map(order.map((name, index) => [name, index]));
  const place = (name) => (reserved(name) ? Infinity : (position.get(name) ?? order.length));
  const arranged = (names) => (order.length ? byGroup(names).sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b))) : byGroup(names));
  const columns = axis(arranged(sources));
  const rows = axis(arranged(atlas.targets));
  const at = (row, column) => cell.get(`${rows[row].name}\n${columns[column].name}`);
  return {
    rows, columns,
    value: (row, column) => at(row, column)?.[measure.field],
    describe: (row, column) => {
      const transfer = at(row, column);
      return transfer ? describeTransfer(rows[row].name, transfer)
        : { title: `${columns[column].label} → ${rows[row].label}`, lines: ["not trained"] };
    },
  };
}

/** Higher orders: few sets of many, so each target's row is its own sets, best first. */
function higherOrder(transfers, atlas, measure) {
  const rows = axis(byGroup(atlas.targets));
  const ranked = rows.map((row) => transfers.filter((transfer) => transfer.target === row.name && transfer.affinity !== null)
    .sort((a, b) => b.affinity - a.affinity));
  const most = Math.max(0, ...ranked.map((list) => list.length));
  return {
    rows,
    columns: Array.from({ length: most }, (_, index) => ({ label: ordinal(index + 1), group: "other", apart: false })),
    value: (row, column) => ranked[row][column]?.[measure.field],
    describe: (row, column) => (ranked[row][column] ? describeTransfer(rows[row].name, ranked[row][column])
      : { title: rows[row].label, lines: ["no further set was trained"] }),
  };
}

export async function affinitySection(body, path, atlas, signal) {
  const transfers = await all(`${path}/transfers`, { signal });
  const orders = atlas.orders.filter((order) => order <= HIGHEST_ORDER);
  const state = { order: orders[0], measure: "affinity", arrange: "group", scale: null };
  const measures = Object.entries(MEASURES).filter(([, measure]) => transfers.some((transfer) => transfer[measure.field] !== null));
  let leaves = [];
  try {
    leaves = leafOrder((await get(`${path}/tree`, { signal })).root);
  } catch (error) {
    if (signal.aborted) throw error;
  }
  const chart = h("div");
  const legendBox = h("div", { class: "legend-box" });
  const note = h("p", { class: "hint" });
  const scales = h("div");
  /** What `self` reaches is left out of a linear scale: it would swallow the rest. */
  const affinityScale = (shown, values) => {
    const chosen = state.scale ?? (spansDecades(values) ? "log" : "linear");
    replace(scales, segmented("Colours", [["log", "Log"], ["linear", "Linear"]], chosen, choose("scale")));
    if (chosen === "log") return logScale(values);
    return linearScale(shown.filter((transfer) => !transfer.sources.includes("self") && transfer.affinity !== null).map((transfer) => transfer.affinity));
  };
  const draw = () => {
    const measure = MEASURES[state.measure];
    const shown = transfers.filter((transfer) => transfer.order === state.order);
    const values = shown.map((transfer) => transfer[measure.field]).filter((value) => value !== null);
    if (!values.length) {
      replace(chart, empty("Nothing measured", `No transfer of order ${state.order} has this figure.`));
      replace(legendBox);
      replace(scales);
      note.textContent = "";
      return;
    }
    if (state.measure !== "affinity") replace(scales);
    const scale = state.measure === "affinity" ? affinityScale(shown, values) : winRateScale();
    const cells = state.order === 1 ? firstOrder(shown, atlas, measure, state.arrange === "tree" ? leaves : [])
      : higherOrder(shown, atlas, measure);
    replace(chart, heatmap({ ...cells, scale, caption: `${measure.name} of order ${state.order}: rows are targets, columns ${state.order === 1 ? "sources" : "each target's source sets, best first"}` }));
    replace(legendBox, legend(scale, measure.format, "from low to high"), h("span", { class: "hint" }, measure.about));
    note.textContent = state.order === 1
      ? "Rows are targets, columns sources. The last columns stand apart: the target's own fully supervised network, and a random encoder."
      : "Rows are targets. Each row shows that target's source sets, best first; point at a cell to read them.";
  };
  const choose = (name) => (value) => {
    state[name] = name === "order" ? Number(value) : value;
    draw();
  };
  replace(body,
    h("div", { class: "controls" },
      segmented("Order", orders.map((order) => [order, String(order)]), state.order, choose("order")),
      segmented("Show", measures.map(([value, measure]) => [value, measure.name]), state.measure, choose("measure")),
      leaves.length ? segmented("Arrange by", [["group", "Group"], ["tree", "Task tree"]], state.arrange, choose("arrange")) : null,
      h("button", { type: "button", class: "quiet", onclick: () => download(`${path}/affinity?format=csv&order=${state.order}${state.measure === "before" ? "&normalized=false" : ""}`, `affinity-${state.order}.csv`) }, "Download CSV"),
      scales),
    chart, legendBox, note);
  draw();
  document.addEventListener("theme-changed", draw, { signal });
}
