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
