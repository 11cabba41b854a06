// A matrix of cells: rows are targets. Pointer or arrow keys move over it; what is under them is said in words.

import { h, s } from "../lib/dom.js";
import { beside, hideTip, showTip } from "./tooltip.js";

const GAP = 12;
const SIZES = { smallest: 21, largest: 44, width: 1090 };
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * @param {object} model
 *   rows, columns: [{label, group, apart}] - `apart` sets a column off from its left neighbour;
 *   value(row, column): number or null; scale: {position, color, ticks};
 *   describe(row, column): {title, lines} for the tooltip; caption: text for assistive technology.
 */
export function heatmap(model) {
  const { rows, columns, value, scale, describe, caption } = model;
  const left = 14 + Math.max(...rows.map((row) => row.label.length)) * 6.4;
  const slant = Math.max(...columns.map((column) => column.label.length)) * 4.6;
  const top = 14 + slant;
  const cell = Math.round(Math.max(SIZES.smallest, Math.min(SIZES.largest, (SIZES.width - left - slant) / columns.length)));
  const offsets = [];
  let across = left;
  for (const column of columns) {
    if (column.apart) across += GAP;
    offsets.push(across);
    across += cell;
  }
  const width = across + slant;
  const height = top + rows.length * cell + 4;
  const cursor = s("rect", { class: "heat-cursor", width: cell - 1, height: cell - 1, rx: 3, visibility: "hidden" });
  const said = h("p", { class: "visually-hidden", "aria-live": "polite" });
  const rowLabels = rows.map((row, index) =>
    s("text", { class: "heat-label", x: left - 8, y: top + (index + 0.5) * cell + 3.5, "text-anchor": "end", dataset: { group: row.group } }, row.label));
  const columnLabels = columns.map((column, index) => {
    const x = offsets[index] + cell * 0.62;
    return s("text", {
      class: `heat-label${column.apart ? " heat-apart" : ""}`, x, y: top - 8, transform: `rotate(-45 ${x} ${top - 8})`,
      dataset: { group: column.group },
    }, column.label);
  });
  const cells = rows.map((_, row) => columns.map((__, column) => {
    const each = value(row, column);
    const at = { x: offsets[column], y: top + row * cell, width: cell - 1, height: cell - 1, rx: 2.5 };
    return each === null || each === undefined
      ? s("rect", { ...at, class: "heat-none" })
      : s("rect", { ...at, fill: scale.color(scale.position(each)) });
  }));
  const svg = s("svg", {
    class: "heatmap", viewBox: `0 0 ${width} ${height}`, width, height, tabindex: 0, role: "application",
    "aria-label": caption, "aria-roledescription": "heat map, arrow keys move",
  }, columnLabels, rowLabels, cells, cursor);

  let at = null;
  const select = (row, column, anchor) => {
    at = [row, column];
    cursor.setAttribute("x", offsets[column]);
    cursor.setAttribute("y", top + row * cell);
    cursor.setAttribute("visibility", "visible");
    rowLabels.forEach((label, index) => label.classList.toggle("is-on", index === row));
    columnLabels.forEach((label, index) => label.classList.toggle("is-on", index === column));
    const { title, lines } = describe(row, column);
    showTip(anchor ?? beside(cells[row][column]), h("strong", null, title), lines.map((line) => h("span", null, line)));
    return [title, ...lines].join(". ");
  };
  const leave = () => {
    at = null;
    cursor.setAttribute("visibility", "hidden");
    [...rowLabels, ...columnLabels].forEach((label) => label.classList.remove("is-on"));
    hideTip();
  };
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) * width) / box.width;
    const y = ((event.clientY - box.top) * height) / box.height;
    const row = Math.floor((y - top) / cell);
    const column = offsets.findIndex((offset) => x >= offset && x < offset + cell);
    if (row >= 0 && row < rows.length && column >= 0) select(row, column, event);
    else leave();
  });
  svg.addEventListener("pointerleave", leave);
  svg.addEventListener("blur", leave);
  svg.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    const [row, column] = at ? [at[0] + step[0], at[1] + step[1]] : [0, 0];
    said.textContent = select(
      Math.min(rows.length - 1, Math.max(0, row)), Math.min(columns.length - 1, Math.max(0, column)));
  });
  return h("div", { class: "chart-scroll" }, svg, said);
}

/** The colour bar of a scale, its ticks in words. */
export function legend(scale, format, ends) {
  const stops = 40;
  const width = 240;
  return s("svg", { class: "legend", viewBox: `0 0 ${width + 40} 34`, width: width + 40, height: 34, role: "img", "aria-label": `Colour scale: ${ends}` },
    Array.from({ length: stops }, (_, index) =>
      s("rect", { x: 20 + (index * width) / stops, y: 0, width: width / stops + 0.5, height: 12, fill: scale.color(index / (stops - 1)) })),
    scale.ticks.map((tick) =>
      s("text", { class: "axis", x: 20 + scale.position(tick) * width, y: 27, "text-anchor": "middle" }, format(tick))));
}
