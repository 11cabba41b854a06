// The optimal taxonomy as a graph: chosen sources on the left, targets on the right, one line per source used.

import { h, narrow, s } from "../lib/dom.js";
import { percent } from "../lib/format.js";
import { group, title, titles } from "../lib/tasks.js";
import { beside, hideTip, showTip } from "./tooltip.js";

const ROW = 29;
const TOP = 34;
const BAR = 76;
const WIDE = { left: 190, right: 520, bend: 150, bars: 700, width: 700 + 2 * BAR + 66 };
/** On a phone the figures are in the tooltip. */
const COMPACT = { left: 128, right: 186, bend: 26, bars: null, width: 332 };

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / (values.length || 1);

/** Sources a transfer draws a line from: `self` is the target's own task. */
const origins = (transfer) =>
  transfer.sources.map((source) => (source === "self" ? transfer.target : source));

/** Targets in the order of their sources, so that lines cross little; sources where their targets are. */
export function arrange(taxonomy) {
  const place = new Map([...taxonomy.sources].sort((a, b) => group(a).localeCompare(group(b)) || a.localeCompare(b))
    .map((source, index) => [source, index]));
  const height = (transfer) => mean(origins(transfer).map((source) => place.get(source) ?? place.size));
  let targets = [...taxonomy.transfers];
  for (let sweep = 0; sweep < 6; sweep += 1) {
    targets.sort((a, b) => height(a) - height(b) || a.sources.length - b.sources.length || a.target.localeCompare(b.target));
    const rank = new Map();
    targets.forEach((transfer, index) => {
      for (const source of origins(transfer)) rank.set(source, [...(rank.get(source) ?? []), index]);
    });
    const next = [...place.keys()].sort((a, b) => mean(rank.get(a) ?? [targets.length]) - mean(rank.get(b) ?? [targets.length]));
    next.forEach((source, index) => place.set(source, index));
  }
  return { sources: [...place.keys()].sort((a, b) => place.get(a) - place.get(b)), targets };
}

function bar(x, y, rate, kind) {
  if (rate === null || rate === undefined) return s("text", { class: "axis", x: x + 2, y: y + 4 }, "–");
  return [
    s("rect", { class: "bar-track", x, y: y - 5, width: BAR - 34, height: 9, rx: 2 }),
    s("rect", { class: `bar-${kind}`, x, y: y - 5, width: Math.max(1, rate * (BAR - 34)), height: 9, rx: 2 }),
    s("text", { class: "axis", x: x + BAR - 29, y: y + 4 }, percent(rate)),
  ];
}

export function taxonomyGraph(taxonomy) {
  const compact = narrow();
  const { left, right, bend, bars, width } = compact ? COMPACT : WIDE;
  const { sources, targets } = arrange(taxonomy);
  const height = TOP + Math.max(targets.length, sources.length, 1) * ROW + 8;
  const middle = (index) => TOP + (index + 0.5) * ROW;
  const spread = (height - TOP - 8) / Math.max(1, sources.length);
  const sourceY = new Map(sources.map((source, index) => [source, TOP + (index + 0.5) * spread]));
  const marks = [];
  const light = (keep) => marks.forEach((mark) => mark.element.classList.toggle("is-dim", keep !== null && !keep(mark)));
  const keep = (element, from, to) => {
    marks.push({ element, from, to });
    return element;
  };

  const edges = targets.flatMap((transfer, index) => origins(transfer).filter((source) => sourceY.has(source)).map((source) => {
    const [y0, y1] = [sourceY.get(source), middle(index)];
    const own = transfer.sources.includes("self");
    const path = s("path", {
      class: `edge${own ? " edge-self" : ""}`, dataset: { group: group(source) },
      d: `M ${left + 10} ${y0} C ${left + bend} ${y0}, ${right - bend} ${y1}, ${right - 10} ${y1}`,
    });
    return keep(path, [source], [transfer.target]);
  }));

  const hover = (mark, matches, ...content) => {
    const enter = (event) => {
      light(matches);
      showTip(event.clientX === undefined ? beside(mark) : event, ...content);
    };
    const leave = () => {
      light(null);
      hideTip();
    };
    mark.addEventListener("pointermove", enter);
    mark.addEventListener("pointerleave", leave);
    mark.addEventListener("focus", () => enter({}));
    mark.addEventListener("blur", leave);
    return mark;
  };

  const sourceNodes = sources.map((source) => {
    const served = targets.filter((transfer) => origins(transfer).includes(source)).map((transfer) => transfer.target);
    const y = sourceY.get(source);
    const node = s("g", { class: "node", tabindex: 0, role: "listitem", "aria-label": `Source ${title(source)} serves ${served.length} targets` },
      s("rect", { class: "hit", x: 0, y: y - ROW / 2, width: left + 14, height: ROW }),
      s("text", { class: "node-label node-source", x: left - 10, y: y + 4.5, "text-anchor": "end" }, title(source)),
      s("circle", { class: "dot", cx: left + 2, cy: y, r: 6.5, dataset: { group: group(source) } }));
    hover(node, (mark) => mark.from.includes(source), h("strong", null, title(source)),
      h("span", null, served.length ? `serves ${served.map(title).join(", ")}` : "serves no target"));
    return keep(node, [source], served);
  });

  const targetNodes = targets.map((transfer, index) => {
    const y = middle(index);
    const own = transfer.sources.includes("self");
    const words = own ? "trained with full supervision" : `from ${titles(transfer.sources)}`;
    const node = s("g", { class: "node", tabindex: 0, role: "listitem", "aria-label": `Target ${title(transfer.target)}, ${words}, gain ${percent(transfer.win_rate_vs_scratch)}, quality ${percent(transfer.win_rate_vs_full)}` },
      s("rect", { class: "hit", x: right - 12, y: y - ROW / 2, width: width - right + 12, height: ROW }),
      s("circle", { class: `dot${own ? " dot-self" : ""}`, cx: right - 2, cy: y, r: 5.5, dataset: { group: group(transfer.target) } }),
      s("text", { class: "node-label", x: right + 11, y: y + 4.5 }, title(transfer.target)),
      bars === null ? null : own ? s("text", { class: "axis", x: bars, y: y + 4 }, "fully supervised")
        : [bar(bars, y, transfer.win_rate_vs_scratch, "gain"), bar(bars + BAR + 14, y, transfer.win_rate_vs_full, "quality")]);
    hover(node, (mark) => mark.to.includes(transfer.target), h("strong", null, title(transfer.target)), h("span", null, words),
      h("span", null, `gain ${percent(transfer.win_rate_vs_scratch, 1)}, quality ${percent(transfer.win_rate_vs_full, 1)}`));
    return keep(node, origins(transfer), [transfer.target]);
  });

  return h("div", { class: "chart-scroll" }, s("svg", {
    class: `taxonomy${compact ? " is-compact" : ""}`, viewBox: `0 0 ${width} ${height}`, width, height, role: "list",
    "aria-label": `Taxonomy with ${sources.length} sources and ${targets.length} targets`,
  },
  s("text", { class: "column-title", x: left - 10, y: 16, "text-anchor": "end" }, "Sources"),
  s("text", { class: "column-title", x: right + 11, y: 16 }, "Targets"),
  bars === null ? null : [
    s("text", { class: "column-title", x: bars, y: 16 }, "Gain"),
    s("text", { class: "column-title", x: bars + BAR + 14, y: 16 }, "Quality"),
  ],
  edges, sourceNodes, targetNodes));
}
