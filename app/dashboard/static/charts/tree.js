// The task similarity tree: tasks that transfer alike stand together.

import { h, narrow, s } from "../lib/dom.js";
import { group, title } from "../lib/tasks.js";

const ROW = 21;
const WIDE = { width: 560, labels: 190 };
const COMPACT = { width: 318, labels: 176 };
const PAD = 12;

/** The group that all leaves below a node share; null where they differ. */
function shared(node) {
  if (!node.children?.length) return group(node.name);
  const groups = new Set(node.children.map(shared));
  return groups.size === 1 ? [...groups][0] : null;
}

/** root: {name, height, children}; leaves have a name and no children. */
export function taskTree(root) {
  const { width, labels } = narrow() ? COMPACT : WIDE;
  const leaves = [];
  const links = [];
  const highest = root.height || 1;
  const x = (height) => PAD + (1 - height / highest) * (width - labels - PAD);
  const place = (node) => {
    if (!node.children?.length) {
      leaves.push(node);
      return (leaves.length - 0.5) * ROW + 4;
    }
    const ys = node.children.map((child) => ({ child, y: place(child) }));
    const at = x(node.height);
    const branch = (of, d) => links.push(s("path", { class: "branch", dataset: shared(of) ? { group: shared(of) } : {}, d }));
    branch(node, `M ${at} ${ys[0].y} V ${ys.at(-1).y}`);
    for (const { child, y } of ys) branch(child, `M ${at} ${y} H ${x(child.children?.length ? child.height : 0)}`);
    return (ys[0].y + ys.at(-1).y) / 2;
  };
  place(root);
  const height = leaves.length * ROW + 10;
  return h("div", { class: "chart-scroll" }, s("svg", {
    class: "tree", viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-label": `Similarity tree of ${leaves.length} tasks, in this order: ${leaves.map((leaf) => title(leaf.name)).join(", ")}`,
  }, links, leaves.map((leaf, index) => [
    s("circle", { class: "dot", cx: x(0) + 4, cy: (index + 0.5) * ROW + 4, r: 4.5, dataset: { group: group(leaf.name) } }),
    s("text", { class: "node-label", x: x(0) + 15, y: (index + 0.5) * ROW + 8.5 }, title(leaf.name)),
  ])));
}

/** Names of the leaves, top to bottom. */
export const leafOrder = (node) => (node.children?.length ? node.children.flatMap(leafOrder) : [node.name]);
