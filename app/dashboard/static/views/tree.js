// The task similarity tree.

import { taskTree } from "../charts/tree.js";
import { download, get } from "../lib/api.js";
import { h, replace } from "../lib/dom.js";

export async function treeSection(body, path, signal) {
  const answer = await get(`${path}/tree`, { signal });
  replace(body, taskTree(answer.root), h("button", { type: "button", class: "quiet", onclick: () => download(`${path}/tree?format=newick`, "tree.nwk") }, "Download Newick"));
}
