// The dashboard's pure modules, run by Node: `node modules_test.mjs STATIC_FOLDER`.

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const from = (path) => import(`${pathToFileURL(process.argv[2]).href}/${path}`);

globalThis.document = { documentElement: { dataset: { theme: "light" } } };
globalThis.sessionStorage = { getItem: () => null };

const { duration, mean, number, ordinal, percent, places, plural, probability } = await from("lib/format.js");
assert.equal(percent(0.1234, 1), "12.3%");
assert.equal(percent(null), "–");
assert.equal(number(0), "0");
assert.equal(number(0.00001234), "1.2e-5");
assert.equal(number(2.001464), "2");
assert.equal(duration(59.4), "59 s");
assert.equal(duration(61), "1 min 01 s");
assert.equal(duration(3660), "1 h 01 min");
assert.equal(duration(null), "");
assert.deepEqual([1, 2, 3, 4, 11, 21].map(ordinal), ["1st", "2nd", "3rd", "4th", "11th", "21st"]);
assert.equal(plural(1, "atlas", "atlases"), "1 atlas");

assert.equal(mean([0.5, null, 1]), 0.75, "what was not measured does not count");
assert.equal(mean([null]), null);
assert.deepEqual(places([3, 1, null, 2]), [1, 0, null, 0.5]);
assert.deepEqual(places([1, 1, 0]), [0.75, 0.75, 0], "equal values share a place");
assert.deepEqual(places([7, null]), [1, null], "the only one is the best");
assert.equal(probability(1 / 1001), "0.001");
assert.equal(probability(0.0169830), "0.017");
assert.equal(probability(null), "–");

const { linearScale, logScale, spansDecades, winRateScale } = await from("lib/color.js");
const scale = logScale([0.001, 0.01, 0.1, 1]);
assert.equal(scale.position(0.001), 0);
assert.equal(scale.position(1), 1);
assert.ok(Math.abs(scale.position(0.01) - 1 / 3) < 1e-9);
assert.equal(scale.position(0), 0, "a zero has no logarithm and lies at the low end");
assert.equal(scale.position(50), 1, "what lies beyond the scale takes its end");
assert.ok(Number.isFinite(logScale([0.5]).position(0.5)), "a single value makes a scale");
assert.match(scale.color(0), /^rgb\(244 239 227\)$/);
assert.notEqual(winRateScale().color(0), winRateScale().color(1));

assert.ok(spansDecades([0.001, 0, 1]), "zeros do not count");
assert.ok(!spansDecades([0.1, 1]));
assert.ok(!spansDecades([]));
const linear = linearScale([...Array.from({ length: 99 }, () => 0.1), 5]);
assert.equal(linear.position(0.05), 0.5, "a single outlier does not stretch the scale");
assert.equal(linear.position(5), 1);
assert.ok(Number.isFinite(linearScale([]).position(0.5)));

const { withUnit } = await from("lib/metrics.js");
assert.equal(withUnit(0.391, "share"), "39.1%");
assert.equal(withUnit(15.68, "degrees"), "15.7°");
assert.equal(withUnit(0.577, "m"), "0.577 m");
assert.equal(withUnit(null, "m"), "–");

const { events } = await from("lib/stream.js");
const chunks = ["id: 1\nevent: progress\nda", "ta: {\"a\":1}\n\n: keep alive\n\nid: 2\r\ndata: x\r\n", "data: y\r\n\r\nid: 3\ndata: unfinished"];
const stream = new ReadableStream({
  start(controller) {
    for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
    controller.close();
  },
});
const seen = [];
for await (const event of events(stream)) seen.push(event);
assert.deepEqual(seen, [
  { id: "1", event: "progress", data: "{\"a\":1}" },
  { id: "2", event: "message", data: "x\ny" },
]);

const { arrange } = await from("charts/taxonomy.js");
const chosen = { sources: ["a", "b"], transfers: [
  { target: "t1", sources: ["b"] }, { target: "a", sources: ["self"] }, { target: "t2", sources: ["a", "b"] }, { target: "t3", sources: ["a"] },
] };
const placed = arrange(chosen);
assert.deepEqual([...placed.sources].sort(), ["a", "b"]);
const order = placed.targets.map((transfer) => transfer.target);
assert.equal(order.length, 4);
const from_a = Math.max(order.indexOf("a"), order.indexOf("t3"));
const from_b = order.indexOf("t1");
const shared = order.indexOf("t2");
assert.ok((from_a < shared && shared < from_b) || (from_b < shared && shared < Math.min(order.indexOf("a"), order.indexOf("t3"))),
  "a target of two sources stands between the targets of either");

const { leafOrder } = await from("charts/tree.js");
assert.deepEqual(leafOrder({ height: 1, children: [{ name: "x" }, { height: 0.5, children: [{ name: "y" }, { name: "z" }] }] }), ["x", "y", "z"]);

const { byGroup, byRank, declare, group, title } = await from("lib/tasks.js");
assert.deepEqual(byGroup(["random", "zeta", "self", "alpha"]), ["alpha", "zeta", "self", "random"]);
assert.equal(title("some_task"), "some task");
assert.deepEqual(byRank([{ group: "semantic" }, { group: "2d" }]).map((each) => each.group), ["2d", "semantic"]);
declare([{ name: "leaf_area", title: "Leaf area", inputs: 1 }]);
assert.deepEqual([title("leaf_area"), group("leaf_area")], ["Leaf area", "own"]);
assert.deepEqual(byGroup(["zeta", "leaf_area", "random"]), ["leaf_area", "zeta", "random"], "declared tasks come before strangers");

const { standing } = await from("views/atlas/target.js");
const ranked = standing({
  ranking: [{ sources: ["a", "b"], validation_loss: 0.3 }, { sources: ["a"], validation_loss: 0.1 }],
  scratch: { sources: [], validation_loss: 0.2 }, constant: { validation_loss: 0.9 },
});
assert.deepEqual(ranked.map((each) => each.label), ["a", "From scratch", "a + b", "Best constant guess"], "baselines stand among the transfers");
assert.deepEqual(standing({ ranking: [], scratch: null, constant: null }), []);

const {
  byClass, choices, heldClasses, matches, meanCurve, meanWeights, modelsByMethod, outlierRatio, ratioWords, runsByMethod, spread, verdictWords, weighsAlike,
} = await from("lib/adaptations.js");
assert.equal(spread({ mean: 0.5, std: 0.125 }, 2), "50.0 ± 12.5");
assert.equal(spread({ mean: 0.5, std: 0 }, 1), "50.0", "one seed has no deviation");
assert.equal(spread({ mean: null, std: null }, 2), "–");
const run = (method, seed, accuracies, more = {}) => ({
  method, seed, curves: { steps: accuracies.map((_, index) => 10 * (index + 1)), target_accuracy: accuracies }, class_weights: null, ...more,
});
const runs = [run("san", 0, [0.5, 1]), run("san", 1, [0])];
const accuracy = (each) => each.curves.target_accuracy;
assert.deepEqual(meanCurve(runs, accuracy), [[10, 0.25], [20, 1]], "a run that is not so far yet does not count");
assert.deepEqual(meanCurve([run("san", 0, [null, 0.5])], accuracy), [[20, 0.5]], "what is undefined is left out");
assert.deepEqual(meanCurve([run("dann", 0, [1])], () => undefined), [], "a loss that the method does not have has no curve");
const half = { methods: ["dann", "san", "pada"], results: [runs[0]], running: [run("dann", 0, [0.5]), { method: "pada", seed: 0, curves: null }] };
assert.deepEqual(runsByMethod(half).map(([method, own]) => [method, own.length]), [["dann", 1], ["san", 1]], "in the order asked for, without what has not begun");
const weighing = meanWeights([run("san", 0, [0, 1], { class_weights: { a: [1, 2], b: [1, 0] } }), run("san", 1, [0, 1], { class_weights: { a: [1, 1], b: [1, 1] } })]);
assert.deepEqual(weighing, { steps: [10, 20], weights: { a: [1, 1.5], b: [1, 0.5] } });
assert.equal(meanWeights(runs), null);
assert.ok(!weighsAlike(weighing) && weighsAlike({ weights: { a: [1], b: [1] } }));
assert.equal(outlierRatio(weighing, ["a"]), 1 / 3);
assert.equal(outlierRatio(weighing, ["a", "b"]), null, "without outliers there is no ratio");
assert.equal(outlierRatio(weighing, null), null);
assert.match(ratioWords(0.05), /5% .* switched off/);
assert.match(ratioWords(0.3), /turned down/);
assert.match(ratioWords(0.9), /still count/);
const verdict = (word, difference = null) => verdictWords({ method: "dann", verdict: { verdict: word, difference, standard_error: difference && 0.01 } }, "ready");
assert.deepEqual(verdict("worse", -0.1), { tone: "bad", title: "Negative transfer", text: "−10.0 points against source-only, standard error 1.0" });
assert.equal(verdict("not worse").text, "by signs that need no labels");
assert.equal(verdict("unclear").tone, "none");
assert.equal(verdictWords({ method: "source-only", verdict: null }, "ready").title, "the yardstick");
assert.equal(verdictWords({ method: "san", verdict: null }, "training").title, "judged at the end");
assert.match(verdictWords({ method: "san", verdict: null }, "ready").text, /no seed/);
const scored = { methods: ["dann", "san"], results: [
  { method: "san", seed: 0, score: 0.5, model_id: "a" }, { method: "san", seed: 1, score: 0.75, model_id: "b" },
  { method: "san", seed: 2, score: 0.9, model_id: null }, { method: "dann", seed: 0, score: null, model_id: "c" },
] };
assert.deepEqual(modelsByMethod(scored).map((each) => each.model_id), ["c", "b"], "without a model a run cannot be asked; without a score it can");
const judged = byClass({ methods: ["dann", "san"], classes: ["x", "y", "z"], results: [
  { method: "san", per_class: { x: 0.5, z: 1 } }, { method: "san", per_class: { x: 0, z: 1 } }, { method: "dann", per_class: null },
] }, "per_class");
assert.deepEqual(judged, { methods: ["san"], rows: [{ name: "x", values: [0.25] }, { name: "z", values: [1] }] }, "classes that the target lacks have no row");
const set = (classes, features) => ({ report: { classes, features } });
const labelled = set([{ name: "a", examples: { train: 2, test: 0 } }, { name: "b", examples: null }, { name: "c", examples: { train: 0, test: 0 } }]);
assert.deepEqual(heldClasses(labelled), ["a", "b"], "what is made when first used counts");
const offered = choices([labelled, set([]), set(null)]);
assert.deepEqual([offered.sources.length, offered.targets.length], [1, 2], "a target needs no labels; what has no classes is neither");
assert.ok(matches(labelled, set([], null)) && !matches(labelled, set([], 5)));

const { seedsOf } = await from("views/adaptations/form.js");
assert.deepEqual(seedsOf("0, 1  7"), [0, 1, 7]);
assert.deepEqual(seedsOf("1,x"), [1, "x"], "the server refuses what is no number, and says so");
const { hues } = await from("lib/color.js");
assert.equal(new Set(Array.from({ length: 26 }, (_, index) => hues(26)(index))).size, 26);

const { niceTicks } = await from("charts/ticks.js");
assert.deepEqual(niceTicks(0, 1, 5).map((tick) => tick.toFixed(1)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
assert.deepEqual(niceTicks(7, 7, 4), [7], "a single value has a tick");

const mtl = await from("lib/multitask.js");
assert.equal(mtl.keyOf({ method: "grid", preference: [0.25, 0.75] }), "grid 0.25,0.75");
assert.equal(mtl.keyOf({ method: "mgda", preference: null }), "mgda");
assert.deepEqual(mtl.byLibrary([{ name: "UPGrad", library: "torchjd" }, { name: "mgda", library: null }]).map(([legend, list]) => [legend, list[0].name]),
  [["Ours", "mgda"], ["From torchjd", "UPGrad"]], "the service's own methods come first");
const twoTasks = [{ task: "left", title: "Left", metric: "top_1", unit: "share", higher_is_better: true }, { task: "depth", title: "Depth", metric: "mean_absolute_error", unit: "m", higher_is_better: false }];
assert.equal(mtl.preferenceWords([0.25, 0.75], twoTasks), "0.25 : 0.75");
assert.equal(mtl.preferenceWords([0.125, 0.5, 0.125, 0.125, 0.125], [..."abcde"].map((title) => ({ title }))), "b 0.5", "of many tasks the one that weighs most");
assert.equal(mtl.measured({ mean: 0.9512, std: 0.0123 }, twoTasks[0], 2), "95.1 ± 1.2");
assert.equal(mtl.measured({ mean: 0.01234, std: 0 }, twoTasks[1], 1), "0.0123", "one seed has no deviation");
assert.equal(mtl.measured({ mean: null }, twoTasks[1]), "–");
assert.equal(mtl.metricWords({ metric: "mean_iou", unit: "share" }), "mean IoU, %");
assert.deepEqual(mtl.change(-1.25), { tone: "good", text: "−1.3%" }, "less loss against single tasks is better");
assert.equal(mtl.change(2, 0.5, 2).tone, "bad");
assert.equal(mtl.change(0.01).tone, "none");
assert.equal(mtl.change(null).text, "–");
const course = (method, seed, weights, more = {}) => ({ method, preference: null, seed, curves: { steps: weights.map((_, index) => 10 * (index + 1)), weights: { left: weights, depth: weights.map((each) => 4 - each) }, ...more } });
assert.deepEqual(mtl.meanTaskWeights([course("gradnorm", 0, [1, 3]), course("gradnorm", 1, [1])]), { steps: [10, 20], weights: { left: [0.25, 0.75], depth: [0.75, 0.25] } }, "shares of the update, whatever the weights sum to");
assert.equal(mtl.meanTaskWeights([{ curves: { steps: [1], weights: null } }, { curves: null }]), null);
assert.ok(mtl.weighsAlike({ weights: { a: [0.5, 0.5], b: [0.5, 0.5] } }) && !mtl.weighsAlike({ weights: { a: [0.9], b: [0.1] } }));
assert.deepEqual(mtl.overTasks({ a: [1, 2, null], b: [3, 4, 5] }), [2, 3, null], "the mean of some tasks is not that of all");
const trained = {
  tasks: twoTasks, methods: ["single", "mgda", "grid"], running: [{ method: "grid", preference: [0.5, 0.5], curves: null }],
  summary: [
    { method: "single", preference: null, n: 1, metrics: { left: { mean: 0.9 }, depth: { mean: 1 } } },
    { method: "mgda", preference: null, n: 2, metrics: { left: { mean: 0.8 }, depth: { mean: 0.5 } } },
    { method: "grid", preference: [0.5, 0.5], n: 0, metrics: {} },
  ],
  results: [
    { method: "single", preference: null, curves: null, stationarity: null, delta_m_by_task: { left: 0, depth: 0 } },
    { method: "mgda", preference: null, curves: { steps: [1] }, stationarity: 0.25, delta_m_by_task: { left: -10, depth: 1 } },
    { method: "mgda", preference: null, curves: { steps: [1] }, stationarity: 0.75, delta_m_by_task: { left: -20, depth: 3 } },
  ],
};
assert.deepEqual(mtl.groupsOf(trained).map(({ key, runs: own }) => [key, own.length]), [["mgda", 2]], "without what has not begun");
assert.equal(mtl.changeOf(trained, trained.summary[1], "left"), -15);
assert.equal(mtl.lastStationarity(trained, trained.summary[1]), 0.5);
assert.equal(mtl.lastStationarity(trained, trained.summary[0]), null);
const { columns, rows: byTask } = mtl.taskRows(trained, "mgda");
assert.deepEqual(columns.map((each) => each.method), ["single", "mgda"], "what has no run yet has no column");
assert.deepEqual(byTask.map(({ task, cells }) => [task.task, cells[0].change, cells[1].change]), [["depth", null, 2], ["left", null, -15]], "the task that is served worst comes first");
assert.deepEqual(mtl.taskRows(trained, null).rows.map(({ task }) => task.task), ["left", "depth"]);
const paint = mtl.colours(trained);
assert.equal(paint({ method: "single" }), "var(--group-other)");
assert.notEqual(paint({ method: "mgda" }), paint({ method: "grid" }));
const shaded = mtl.colours({ ...trained, summary: [...trained.summary, { method: "grid", preference: [0.25, 0.75] }] });
assert.equal(new Set([[0.5, 0.5], [0.25, 0.75], null].map((preference) => shaded({ method: "grid", preference }))).size, 3, "preferences of a method are told apart");
assert.deepEqual(mtl.pairs(3), [[0, 1], [0, 2], [1, 2]]);
assert.deepEqual(mtl.projectedFront([[0.9, 2], [0.8, 1], [0.7, 1.5], [0.9, 2]], twoTasks), [[0.8, 1], [0.9, 2], [0.9, 2]], "equal models stay, beaten ones go");
const standings = mtl.beatenBy({ axes: twoTasks, points: [
  { shared: false, values: [0.9, 1], dominated: false }, { shared: true, values: [0.8, 1], dominated: true }, { shared: true, values: [0.8, 2], dominated: true },
] });
assert.deepEqual(standings, ["nothing", "single", "shared"], "single-task networks end no trade-off of shared ones");
assert.deepEqual(mtl.staircase([[1, 5], [2, 7]], true), [[1, 5], [1, 7], [2, 7]], "between two models what both dominate");
assert.deepEqual(mtl.staircase([[1, 7], [2, 5]], false), [[1, 7], [2, 7], [2, 5]]);
assert.deepEqual(mtl.singleValues({ axes: [{}, {}], points: [{ shared: false, values: [1, 2] }, { shared: false, values: [3, 2] }, { shared: true, values: [9, 9] }] }), [2, 2]);
assert.equal(mtl.singleValues({ axes: [{}], points: [{ shared: true, values: [9] }] }), null);
assert.deepEqual(mtl.fromSliders([50, 150]), [0.25, 0.75]);
assert.equal(mtl.fromSliders([0, 0]), null, "a preference for nothing is none");
assert.deepEqual(mtl.favouring(4, 1, 0), [0.25, 0.25, 0.25, 0.25]);
assert.deepEqual(mtl.favouring(4, 1, 1), [0, 1, 0, 0]);
const plain = (name) => ({ name, title: name, inputs: 1 });
const dataset = { report: {
  own_tasks: [plain("mine")],
  tasks: { edges_2d: { available: true }, colorization: { available: true }, pose: { available: true }, depth: { available: false }, mine: { available: true } },
} };
assert.deepEqual(mtl.sharable(dataset, [plain("edges_2d"), plain("colorization"), { ...plain("pose"), inputs: 2 }, plain("depth")]).map(({ name, own }) => [name, own]),
  [["mine", true], ["edges_2d", false]], "tasks that see more or else than the plain image cannot share a network");

const { preferencesOf } = await from("views/multitask/form.js");
assert.deepEqual(preferencesOf("0.25 0.75\n\n1, 3\nx 1"), [[0.25, 0.75], [1, 3], ["x", 1]], "the server refuses what is no number, and says so");

assert.ok(mtl.canShare(plain("edges_2d")) && !mtl.canShare(plain("jigsaw")) && !mtl.canShare({ ...plain("pose"), inputs: 2 }) && !mtl.canShare(undefined));

const { signedScale } = await from("lib/color.js");
assert.deepEqual([-4, 0, 2].map(signedScale([-4, 2]).position), [0, 0.5, 0.75], "zero is in the middle, whichever side is longer");
assert.equal(signedScale([0, 0]).position(0), 0.5, "without gain or loss all is in the middle");

const sharing = await from("lib/groupings.js");
declare([{ name: "stem_depth", title: "Stem depth", inputs: 1 }, { name: "stem_pair", title: "Stem pair", inputs: 2 }]);
assert.deepEqual(sharing.shareable(["stem_pair", "stem_depth", "stranger", "random", "leaf_area"]), ["stem_depth", "leaf_area"], "in the atlas's order, without what sees several images or is not known");
assert.deepEqual(sharing.asked({ budget: 2, head_cost: 0, batch_size: null, method: "", tasks: [] }), { budget: 2, head_cost: 0, tasks: [] }, "what was left empty is left to the server, a zero is not");
assert.deepEqual([0.254, -2.5, 0, -0.001].map(sharing.scored), ["+0.25", "−2.50", "0.00", "0.00"]);
const grouped = (groups, rank, more = {}) => ({ groups, rank, all_in_one: groups.length === 1, all_separate: groups.length === 2, delta_m: 1, detail: null,
  tasks: groups.flat().map((task) => ({ task, score: -1, delta_m: task === "b" ? 3 : -1 })), ...more });
const question = {
  status: "ready", recommended: [["a"], ["b"]], judged_by: [{ task: "b" }, { task: "a" }],
  groupings: [grouped([["a", "b"]], 1), grouped([["a"], ["b"]], null), grouped([["a", "b"]], null, { delta_m: null, detail: "b is not measured" })],
};
assert.deepEqual(question.groupings.map((each) => [sharing.placeOf(each), sharing.endOf(each)]), [["1st", "one for all"], [null, "one for each"], [null, "one for all"]]);
assert.deepEqual(question.groupings.map((each) => sharing.isRecommended(question, each)), [false, true, false]);
assert.ok(!sharing.isRecommended({ ...question, recommended: null }, question.groupings[0]), "nothing is recommended before all is trained");
const deltas = sharing.taskRows(question);
assert.equal(deltas.columns.length, 2, "against networks of one task those themselves change nothing");
assert.deepEqual(deltas.rows.map(({ info, cells }) => [info.task, cells[0].delta_m]), [["b", 3], ["a", -1]], "a task's figure is found by its name");
assert.deepEqual(sharing.unmeasured(question).map(([, reason]) => reason), ["b is not measured"]);
assert.deepEqual(sharing.unmeasured({ ...question, status: "training" }), [], "what is still to come needs no reason");
assert.deepEqual(sharing.sharedFirst([{ method: "single", id: 1 }, { method: "mgda", id: 2 }, { method: "single", id: 3 }]).map(({ id }) => id), [2, 1, 3]);
