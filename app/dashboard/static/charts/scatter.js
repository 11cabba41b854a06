// Points in the plane in a few colours: source examples are small and pale, target ones large. Axes mean nothing.

import { h, s } from "../lib/dom.js";
import { hideTip, showTip } from "./tooltip.js";

const SIZE = 340;
const MARGIN = 12;
const NEAR = 9;

/** One path for all points of a colour: zero-length lines with round ends are dots. */
const dots = (points, x, y) => points.map((point) => `M${x(point).toFixed(1)} ${y(point).toFixed(1)}h0`).join("");

/**
 * @param {object} model
 *   title, method; points: [{x, y, domain}]; key(point): name of its colour; color(key): CSS colour;
 *   on: key that is pointed out, or null; describe(point): lines of the tooltip.
 */
export function scatter({ title, method, points, key, color, on, describe }) {
  const [left, right] = [Math.min(...points.map((point) => point.x)), Math.max(...points.map((point) => point.x))];
  const [low, high] = [Math.min(...points.map((point) => point.y)), Math.max(...points.map((point) => point.y))];
  const span = Math.max(right - left, high - low) || 1;
  const scale = (SIZE - 2 * MARGIN) / span;
  const x = (point) => SIZE / 2 + (point.x - (left + right) / 2) * scale;
  const y = (point) => SIZE / 2 - (point.y - (low + high) / 2) * scale;
  const groups = new Map();
  for (const point of points) {
    const name = `${point.domain}\n${key(point)}`;
    groups.set(name, [...(groups.get(name) ?? []), point]);
  }
  const layer = (domain) => [...groups].filter(([name]) => name.startsWith(domain)).map(([, members]) => {
    const name = key(members[0]);
    const shape = dots(members, x, y);
    return s("g", { class: `dots is-${domain}${on !== null && name !== on ? " is-dim" : ""}` },
      domain === "target" ? s("path", { class: "halo", d: shape }) : null,
      s("path", { d: shape, stroke: color(name) }));
  });
  const ring = s("circle", { class: "ring", r: 6, visibility: "hidden" });
  const svg = s("svg", { class: "scatter", viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img", "aria-label": `${title}: ${points.length} examples in the plane` }, layer("source"), layer("target"), ring);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const [across, down] = [((event.clientX - box.left) * SIZE) / box.width, ((event.clientY - box.top) * SIZE) / box.height];
    const distance = (point) => Math.hypot(x(point) - across, y(point) - down);
    const near = points.reduce((best, point) => (distance(point) < distance(best) ? point : best), points[0]);
    const found = distance(near) <= NEAR;
    ring.setAttribute("visibility", found ? "visible" : "hidden");
    if (!found) {
      hideTip();
      return;
    }
    ring.setAttribute("cx", x(near));
    ring.setAttribute("cy", y(near));
    showTip(event, describe(near).map((line, index) => h(index ? "span" : "strong", null, line)));
  });
  svg.addEventListener("pointerleave", () => {
    ring.setAttribute("visibility", "hidden");
    hideTip();
  });
  return h("figure", { class: "scatter-box" }, h("figcaption", { dataset: { method } }, h("span", { class: "swatch" }), title), svg);
}
