// One grouping: which tasks share, as predicted and as training showed, and the networks to take away.

import { heatmap, legend } from "../../charts/heatmap.js";
import { download } from "../../lib/api.js";
import { signedScale } from "../../lib/color.js";
import { h, replace } from "../../lib/dom.js";
import { number, plural } from "../../lib/format.js";
import { endOf, isRecommended, placeOf, scored, sharedFirst, taskRows, unmeasured } from "../../lib/groupings.js";
import { SINGLE, arrow, measured, methodTitle, metricWords } from "../../lib/multitask.js";
import { group, title, titles } from "../../lib/tasks.js";
import { changed } from "../multitask/results.js";
import { figure, table, taskHead } from "./table.js";

const below = (...text) => h("span", { class: "metric" }, ...text);

/** A grouping as boxes of task chips, one for each network. */
const networks = (groups) => h("ul", { class: "networks" }, groups.map((tasks) => h("li", { class: "network" },
  tasks.map((name) => h("span", { class: "tag", dataset: { group: group(name) } }, title(name))))));

function headline(question) {
  if (question.status === "training") return h("p", { class: "hint" }, "Predicted already; the measured figures appear as the networks are trained.");
  const best = question.groupings.find((each) => isRecommended(question, each));
  if (!best) return h("p", { class: "hint" }, "Nothing can be recommended: no grouping within the budget was measured.");
  return h("dl", { class: "figures few" },
    h("div", { class: "across" }, h("dt", null, "Recommended"), h("dd", null, networks(best.groups)),
      h("p", { class: "hint" }, `The lowest delta-m on validation images within the budget of ${number(question.budget)}.`)),
    figure("Its delta-m", changed(best.delta_m), "against a network for each task, on test images; negative is better"),
    figure("Order as predicted", question.correlation === null ? "–" : question.correlation.toFixed(2), "rank correlation of scores and measured figures; 1 is the same order"),
    figure("Regret", question.regret === null ? "–" : `${question.regret.toFixed(1)}%`, "what the best predicted loses against the best measured within the budget"));
}

function groupingRow(question, each) {
  const chosen = isRecommended(question, each);
  const end = endOf(each);
  return h("tr", { class: chosen ? "is-chosen" : each.rank === null ? "is-yardstick" : null },
    h("th", { scope: "row" }, placeOf(each) ?? "compared", end ? below(end) : null,
      chosen ? h("div", null, h("span", { class: "chip", dataset: { state: "ready" } }, "recommended")) : null),
    h("td", { class: "networks-cell" }, networks(each.groups)),
    h("td", null, scored(each.score)),
    h("td", null, changed(each.delta_m)), h("td", null, changed(each.validation_delta_m)),
    h("td", null, number(each.cost), each.within_budget ? null : h("span", { class: "beside muted" }, "over budget")));
}

const label = (each) => placeOf(each) ?? endOf(each);

const ranking = (question) => [
  table("Groupings", ["Predicted", "Networks", ["Score", below("higher is better")], ["delta-m", below("test, negative is better")], ["delta-m", below("validation, chosen by")], "Cost"],
    question.groupings.map((each) => groupingRow(question, each))),
  h("p", { class: "hint" }, "A score is predicted: 0 is a network for each task. delta-m is measured: the mean over tasks of the relative change against networks of one task."),
  unmeasured(question).length ? h("ul", { class: "reasons" }, unmeasured(question).map(([each, reason]) => h("li", null, `${label(each)}: ${reason}`))) : null,
];

function byTask(question) {
  const { columns, rows } = taskRows(question);
  const heads = columns.map((each) => [label(each), placeOf(each) && endOf(each) ? below(endOf(each)) : null]);
  const cell = ({ delta_m: delta, score }) => h("td", null, changed(delta), h("span", { class: "beside muted" }, scored(score)));
  return [
    h("h3", { class: "spaced" }, "Who gains and who loses"),
    table("Tasks by groupings", ["Task", "Judged by", "Alone", ...heads], rows.map(({ info, cells }) => h("tr", null,
      taskHead(info.task), h("td", { class: "muted" }, `${metricWords(info)} ${arrow(info)}`), h("td", null, measured({ mean: info.single }, info)), cells.map(cell)))),
    h("p", { class: "hint" }, "Change of each task's main metric against a network of its own, on test images; beside it, the predicted score."),
  ];
}

function modelCell(run, path) {
  if (run.error) return h("span", { class: "verdict is-bad", title: run.error.detail }, `diverged at step ${run.error.step}`);
  if (!run.model_id) return run.status;
  return h("button", { type: "button", class: "quiet", "aria-label": `Download the network of ${titles(run.tasks)}`,
    onclick: () => download(`${path}/models/${encodeURIComponent(run.model_id)}`, `${run.tasks.join("-").slice(0, 100)}-${run.method}.safetensors`) }, "Download");
}

const models = (question, path, open) => h("details", { class: "as-table spaced", open }, h("summary", null, `Networks, ${plural(question.runs.length, "training")}`),
  table("Trainings", ["Tasks", "Trained by", "Model"], sharedFirst(question.runs).map((run) => h("tr", null,
    h("th", { scope: "row" }, titles(run.tasks)), h("td", null, run.method === SINGLE ? "each alone" : methodTitle(run.method)), h("td", null, modelCell(run, path))))));

function pairs({ tasks, scores }) {
  const scale = signedScale(scores.flat());
  const axis = tasks.map((name) => ({ label: title(name), group: group(name) }));
  const describe = (row, column) => (row === column ? { title: axis[row].label, lines: ["a network of its own"] }
    : { title: `${axis[row].label} with ${axis[column].label}`, lines: [`score ${scored(scores[row][column])}`] });
  return [
    heatmap({ rows: axis, columns: axis, value: (row, column) => (row === column ? null : scores[row][column]), scale, describe,
      caption: "Predicted scores of pairs: rows gain or lose, columns are whom they share a network with" }),
    h("div", { class: "legend-box" }, legend(scale, (tick) => scored(tick), "from loss to gain"), h("span", { class: "hint" }, "rows gain or lose by sharing with columns")),
  ];
}

/** {element, draw(question)}: what `GET /atlases/{id}/groupings/{grouping}` answers, drawn again as it is trained. */
export function groupingView(path, signal) {
  const [measures, networksBox, matrix] = [h("div"), h("div"), h("div")];
  let sharing = null;
  const drawPairs = () => replace(matrix, pairs(sharing));
  const draw = (question) => {
    replace(measures, headline(question), ranking(question), byTask(question));
    replace(networksBox, models(question, path, networksBox.querySelector("details")?.open ?? false));
    if (!sharing) {
      sharing = question.sharing;
      drawPairs();
    }
  };
  document.addEventListener("theme-changed", drawPairs, { signal });
  const element = h("div", { class: "spaced" }, measures,
    h("details", { class: "as-table spaced" }, h("summary", null, "Predicted for every pair"), matrix), networksBox);
  return { element, draw };
}
