// Whether a taxonomy could be chance: where the optimum lies among random feasible ones.

import { strips } from "../../charts/strip.js";
import { get } from "../../lib/api.js";
import { h, replace } from "../../lib/dom.js";
import { number, percent, plural, probability } from "../../lib/format.js";
import { problemBox } from "../problem.js";

const SAMPLES = 1000;
const WAIT_MS = 400;
const MEASURES = [
  ["objective", "Objective, the sum of affinities", number],
  ["gain", "Mean gain of the transfers", (value) => percent(value, 1)],
  ["quality", "Mean quality of the transfers", (value) => percent(value, 1)],
];
const CONTROLS = [["random", "connected at random"], ["wired", "connected at best"]];

const beaten = ({ percentile }, samples) =>
  (percentile === 100 ? `beats all ${samples.toLocaleString("en")}` : `beats ${percentile.toFixed(1)}%`);

function strip(answer, [name, heading, format]) {
  const rows = CONTROLS.filter(([control]) => answer[control][name] !== null).map(([control, label]) => {
    const found = answer[control][name];
    const at = (level) => format(found.quantiles[answer.levels.indexOf(level)]);
    return {
      label, optimum: found.optimum, quantiles: found.quantiles,
      words: `${beaten(found, answer.samples)}, p = ${probability(found.p_value)}`,
      lines: [
        `optimum ${format(found.optimum)}`, `random ones: mean ${format(found.mean)}, median ${at(0.5)}`,
        `middle 98% from ${at(0.01)} to ${at(0.99)}, highest ${at(1)}`,
      ],
    };
  });
  return h("figure", { class: "strip" }, h("figcaption", null, heading),
    rows.length ? strips({ levels: answer.levels, rows, format, caption: `${heading}: the optimum among random taxonomies` })
      : h("p", { class: "hint" }, "not measured in this atlas"));
}

/** How well the sum of affinities foretells what is measured, where the API says so. */
function foretold(answer) {
  const { gain_correlation: gain, quality_correlation: quality } = answer.random;
  return [["gain", gain], ["quality", quality]].filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name} ${value.toFixed(2)}`).join(", ");
}

function found(answer) {
  const { samples } = answer;
  return [
    MEASURES.map((measure) => strip(answer, measure)),
    h("ul", { class: "key" },
      h("li", null, h("span", { class: "key-optimum", "aria-hidden": "true" }), "the optimal taxonomy"),
      h("li", null, h("span", { class: "key-band band-3", "aria-hidden": "true" }), "middle half of the random ones; paler: 90%, 98%, all"),
      h("li", null, h("span", { class: "key-median", "aria-hidden": "true" }), "their median")),
    foretold(answer) ? h("p", null, `Over taxonomies connected at random the objective foretells what is measured: rank correlation with ${foretold(answer)}.`) : null,
    h("p", { class: "hint" },
      `${plural(samples, "random set")} of ${plural(answer.sources.length, "source")} that serve as many targets`,
      samples < SAMPLES ? " (feasible ones are rare here)" : "",
      ". Connected at random: every target takes any allowed transfer. Connected at best: its best one, so only the choice of sources is random. ",
      "The optimum maximises the objective; gain and quality follow if affinity means what it should. Here their means count fully supervised targets too.",
      answer.optimal ? "" : " The optimum is not proven within the time limit."),
  ];
}

/**
 * The panel of one atlas: {element, choose(budget, maxOrder)}. Nothing is asked of the server before somebody
 * presses its button; from then on it follows the choice.
 */
export function chancePanel(path, signal) {
  const count = SAMPLES.toLocaleString("en");
  const answer = h("div", { class: "chance-answer" });
  const status = h("p", { class: "loading", hidden: true }, `Drawing ${count} random taxonomies`);
  let chosen = null;
  let wanted = false;
  let timer = null;
  let asked = 0;

  const waiting = (is) => {
    status.hidden = !is;
    answer.classList.toggle("is-stale", is);
  };
  const load = async () => {
    const mine = (asked += 1);
    const { budget, maxOrder } = chosen;
    waiting(true);
    try {
      const said = await get(`${path}/significance?budget=${budget}&max_order=${maxOrder}&samples=${SAMPLES}`, { signal });
      if (mine === asked) replace(answer, found(said));
    } catch (error) {
      if (!signal.aborted && mine === asked) replace(answer, problemBox(error));
    }
    if (mine === asked) waiting(false);
  };
  const button = h("button", {
    type: "button",
    onclick: () => {
      wanted = true;
      button.hidden = true;
      load();
    },
  }, `Compare with ${count} random taxonomies`);
  return {
    element: h("section", { class: "sub", "aria-label": "Could it be chance?" },
      h("h3", null, "Could it be chance?"),
      h("p", { class: "intro" }, "Where the optimal taxonomy lies among random ones of the same budget and order."),
      button, h("div", { "aria-live": "polite" }, status), answer),
    choose(budget, maxOrder) {
      chosen = { budget, maxOrder };
      if (!wanted) return;
      clearTimeout(timer);
      waiting(true);
      timer = setTimeout(load, WAIT_MS);
    },
  };
}
