// What is said and drawn of multi-task trainings: methods, means over seeds, changes against single-task networks, fronts.

import { all } from "./api.js";
import { hues } from "./color.js";
import { mean, number } from "./format.js";

export const SINGLE = "single";
/** More tasks than these are shown in a table of their own, not in columns and charts. */
export const FEW_TASKS = 4;
const SHARE = "share";
const GREY = "var(--group-other)";
/** Percent that the outermost shades are mixed with. */
const SHADES = 45;

const present = (value) => value !== null && value !== undefined;

let methods = null;
const titles = new Map();

/** Loads the methods once; their titles are known from then on. */
export async function loadMethods(signal) {
  methods ??= all("/multitask/methods", { signal }).catch((error) => {
    methods = null;
    throw error;
  });
  for (const each of await methods) titles.set(each.name, each.title);
  return methods;
}

export const methodTitle = (name) => titles.get(name) ?? name;

/** [[title, methods]]: the service's own, then those of each library. */
export function byLibrary(list) {
  const groups = new Map();
  for (const each of list) groups.set(each.library, [...(groups.get(each.library) ?? []), each]);
  return [...groups].sort(([one], [other]) => Boolean(one) - Boolean(other)).map(([library, own]) => [library ? `From ${library}` : "Ours", own]);
}

/** What tells a method with one preference from all others. */
export const keyOf = ({ method, preference }) => (preference ? `${method} ${preference.join()}` : method);

/** Weights in words: of many tasks the one that weighs most. */
export function preferenceWords(preference, tasks) {
  if (preference.length <= FEW_TASKS) return preference.map((each) => String(Number(each.toFixed(2)))).join(" : ");
  const most = preference.indexOf(Math.max(...preference));
  return `${tasks[most].title} ${number(preference[most])}`;
}

export const labelOf = ({ method, preference }, tasks) => (preference ? `${methodTitle(method)} ${preferenceWords(preference, tasks)}` : methodTitle(method));

/** Colour of {method, preference}: a hue for each method, a shade for each of its preferences; single tasks stay grey. */
export function colours(training) {
  const coloured = training.methods.filter((name) => name !== SINGLE);
  const hue = hues(coloured.length);
  return ({ method, preference = null }) => {
    if (method === SINGLE) return GREY;
    const plain = hue(coloured.indexOf(method));
    const own = training.summary.filter((each) => each.method === method).map(keyOf);
    const place = own.indexOf(keyOf({ method, preference }));
    if (own.length < 2 || place < 0) return plain;
    const away = Math.round(SHADES * (2 * place / (own.length - 1) - 1));
    return away < 0 ? `color-mix(in oklab, ${plain}, var(--paper) ${-away}%)` : `color-mix(in oklab, ${plain}, var(--ink) ${away}%)`;
  };
}

/** [{key, label, method, preference, runs}]: a method with one preference, in the order asked for, as far as something is measured. */
export function groupsOf(training) {
  const runs = [...training.results, ...training.running].filter((run) => run.curves);
  return training.summary.map((each) => ({ key: keyOf(each), label: labelOf(each, training.tasks), method: each.method, preference: each.preference, runs: runs.filter((run) => keyOf(run) === keyOf(each)) }))
    .filter((each) => each.runs.length);
}

/** Mean of every evaluation over the tasks; null where one is undefined. */
export function overTasks(series) {
  const values = Object.values(series);
  return values[0].map((_, index) => (values.every((each) => present(each[index])) ? mean(values.map((each) => each[index])) : null));
}

/** Weights over time, means over runs, each evaluation's brought to sum 1: {steps, weights: {task: values}}; null without any. */
export function meanTaskWeights(runs) {
  const weighing = runs.filter((run) => run.curves?.weights);
  if (!weighing.length) return null;
  const names = Object.keys(weighing[0].curves.weights);
  const steps = weighing.reduce((best, run) => (run.curves.steps.length > best.length ? run.curves.steps : best), []);
  const columns = steps.map((_, index) => names.map((name) => mean(weighing.map((run) => run.curves.weights[name][index]))));
  const known = steps.map((_, index) => index).filter((index) => columns[index].every(present));
  const sums = known.map((index) => columns[index].reduce((sum, value) => sum + value, 0) || 1);
  return known.length ? {
    steps: known.map((index) => steps[index]),
    weights: Object.fromEntries(names.map((name, task) => [name, known.map((index, place) => columns[index][task] / sums[place])])),
  } : null;
}

/** Whether all tasks have the same weight all the time. */
export const weighsAlike = ({ weights }) => Object.values(weights).flat().every((value, _, { length }) => length === 0 || Math.abs(value * Object.keys(weights).length - 1) < 1e-3);

const digits = (value) => (value === 0 ? 2 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));

/** A metric in its unit, with its deviation over seeds: shares in percent. */
export function measured({ mean: value, std }, { unit }, n = 1) {
  if (!present(value)) return "–";
  const factor = unit === SHARE ? 100 : 1;
  const places = unit === SHARE ? 1 : digits(value);
  const text = (factor * value).toFixed(places);
  return n > 1 && present(std) ? `${text} ± ${(factor * std).toFixed(places)}` : text;
}

export const unitOf = ({ unit }) => (unit === SHARE ? "%" : unit);

const ACRONYMS = { iou: "IoU" };

/** “top 1, %: higher is better”. */
export const metricWords = (axis) => {
  const name = axis.metric.split("_").map((word) => ACRONYMS[word] ?? word).join(" ");
  return `${name}${axis.unit ? `, ${unitOf(axis)}` : ""}`;
};

export const arrow = (axis) => (axis.higher_is_better ? "↑" : "↓");

/** {tone, text} of a change in percent, negative is better; within half a permille it is none. */
export function change(value, std = null, n = 1) {
  if (!present(value)) return { tone: "none", text: "–" };
  const text = `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(1)}%${n > 1 && present(std) ? ` ± ${std.toFixed(1)}` : ""}`;
  return { tone: Math.abs(value) < 0.05 ? "none" : value < 0 ? "good" : "bad", text };
}

const runsOf = (training, summary) => training.results.filter((run) => keyOf(run) === keyOf(summary));

/** A task's change against single-task networks, mean over the seeds of a method. */
export const changeOf = (training, summary, task) => mean(runsOf(training, summary).map((run) => run.delta_m_by_task?.[task]));

/** Distance from Pareto stationarity after the last step, mean over the seeds of a method. */
export const lastStationarity = (training, summary) => mean(runsOf(training, summary).map((run) => run.stationarity));

/** {columns, rows}: tasks by methods, those first that a method serves worst; without single tasks in the order asked for. */
export function taskRows(training, sortedBy) {
  const shown = training.summary.filter((each) => each.n);
  const rows = training.tasks.map((task) => ({
    task, cells: shown.map((each) => ({ value: each.metrics[task.task], n: each.n, change: each.method === SINGLE ? null : changeOf(training, each, task.task) })),
  }));
  const column = shown.findIndex((each) => keyOf(each) === sortedBy);
  const worth = (row) => (column < 0 ? null : row.cells[column].change);
  if (rows.some((row) => present(worth(row)))) rows.sort((one, other) => (worth(other) ?? -Infinity) - (worth(one) ?? -Infinity));
  return { columns: shown, rows };
}

/** Every pair of places among `count`. */
export const pairs = (count) => Array.from({ length: count }, (_, first) => Array.from({ length: count - first - 1 }, (__, more) => [first, first + 1 + more])).flat();

/** Whether one model is at least as good as another in every axis, and better in one; both are values in the order of the axes. */
export function dominates(one, other, axes) {
  const gains = axes.map((axis, index) => (axis.higher_is_better ? one[index] - other[index] : other[index] - one[index]));
  return gains.every((gain) => gain >= 0) && gains.some((gain) => gain > 0);
}

/**
 * What beats each point of a front: "nothing", "single" where only single-task networks do, "shared" where one of the
 * shared ones does. Single-task networks cost as many passes as there are tasks, so they end no trade-off of the others.
 */
export function beatenBy({ axes, points }) {
  const shared = points.filter((point) => point.shared);
  return points.map((point) => (!point.dominated ? "nothing" : shared.some((other) => dominates(other.values, point.values, axes)) ? "shared" : "single"));
}

/** Values that no other beats in two axes, from left to right; each is [x, y]. */
export const projectedFront = (values, axes) => values.filter((each) => !values.some((other) => dominates(other, each, axes)))
  .sort((one, other) => one[0] - other[0] || one[1] - other[1]);

/** Corners of what those points dominate: between two of them lies the worse of both in each axis. */
export function staircase(front, xHigher) {
  return front.flatMap((point, index) => {
    if (!index) return [point];
    const before = front[index - 1];
    return [xHigher ? [before[0], point[1]] : [point[0], before[1]], point];
  });
}

/** Mean of single-task networks in every axis; null without any. */
export function singleValues(front) {
  const alone = front.points.filter((point) => !point.shared);
  return alone.length ? front.axes.map((_, axis) => mean(alone.map((point) => point.values[axis]))) : null;
}

/** Weights of a preference from sliders of 0 to 100; null where all are zero. */
export function fromSliders(values) {
  const sum = values.reduce((total, value) => total + value, 0);
  return sum > 0 ? values.map((value) => value / sum) : null;
}

/** Weights that favour one of many tasks: from 0, all alike, to 1, that one alone. */
export const favouring = (count, task, strength) => Array.from({ length: count }, (_, index) => (1 - strength) / count + (index === task ? strength : 0));

/** Tasks whose own networks see something else than the plain image. */
const NOT_PLAIN = new Set(["denoising", "colorization", "inpainting", "jigsaw", "random"]);

/** Whether the task of an entry, of the dictionary or declared, can share a network. */
export const canShare = (entry) => entry?.inputs === 1 && !NOT_PLAIN.has(entry.name);

/** Tasks that a network can share on a data set: available ones, declared ones first. */
export function sharable(dataset, dictionary) {
  const own = new Map((dataset.report.own_tasks ?? []).map((task) => [task.name, task]));
  const entry = (name) => own.get(name) ?? dictionary.find((task) => task.name === name);
  return Object.entries(dataset.report.tasks).filter(([name, { available }]) => available && canShare(entry(name)))
    .map(([name]) => ({ name, title: entry(name).title, own: own.has(name) })).sort((one, other) => other.own - one.own);
}
