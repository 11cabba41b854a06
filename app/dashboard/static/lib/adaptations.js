// What is said and drawn of adaptations: names, means over seeds, verdicts in words.

import { mean } from "./format.js";

const METHODS = {
  "source-only": "Source only", dann: "DANN", "san-selective": "SAN-selective", "san-entropy": "SAN-entropy",
  san: "SAN", pada: "PADA", etn: "ETN", ba3us: "BA3US",
};
const SELECTORS = {
  "source-validation": "source validation", entropy: "negative entropy", infomax: "InfoMax", dev: "DEV", snd: "SND",
};
const SWITCHED_OFF = 0.1;
const TURNED_DOWN = 0.5;

export const METHOD_NAMES = Object.keys(METHODS);
export const methodTitle = (name) => METHODS[name] ?? name;
export const selectorTitle = (name) => SELECTORS[name] ?? name;

const present = (value) => value !== null && value !== undefined;

/** Percent with its deviation over seeds; a single run has none. */
export function spread({ mean: value, std }, n) {
  if (!present(value)) return "–";
  const text = (100 * value).toFixed(1);
  return n > 1 && present(std) ? `${text} ± ${(100 * std).toFixed(1)}` : text;
}

/** Every run with something measured, ended or not, by method in the order asked for. */
export function runsByMethod(adaptation) {
  const runs = [...adaptation.results, ...adaptation.running].filter((run) => run.curves);
  return adaptation.methods.map((method) => [method, runs.filter((run) => run.method === method)]).filter(([, own]) => own.length);
}

/** [[step, value]]: at each evaluation the mean over the runs that have a value there. */
export function meanCurve(runs, pick) {
  const longest = runs.reduce((best, run) => (run.curves.steps.length > best.length ? run.curves.steps : best), []);
  return longest.map((step, index) => [step, mean(runs.map((run) => pick(run)?.[index]))]).filter(([, value]) => value !== null);
}

/** Class weights over time, mean over runs: {steps, weights: {class: values}}; null where the method has none. */
export function meanWeights(runs) {
  const weighing = runs.filter((run) => run.class_weights);
  if (!weighing.length) return null;
  const names = Object.keys(weighing[0].class_weights);
  const steps = meanCurve(weighing, (run) => run.curves.steps).map(([step]) => step);
  return { steps, weights: Object.fromEntries(names.map((name) => [name, meanCurve(weighing, (run) => run.class_weights[name]).map(([, value]) => value)])) };
}

/** Whether all classes have the same weight all the time. */
export const weighsAlike = ({ weights }) => Object.values(weights).flat().every((value) => Math.abs(value - 1) < 1e-6);

/** Mean last weight of outlier classes over that of shared ones; null where no labels tell, or there are no outliers. */
export function outlierRatio({ weights }, shared) {
  if (!shared) return null;
  const last = (is) => mean(Object.entries(weights).filter(([name]) => shared.includes(name) === is).map(([, values]) => values.at(-1)));
  const [inside, outside] = [last(true), last(false)];
  return inside && outside !== null ? outside / inside : null;
}

export function ratioWords(ratio) {
  const share = ratio < 0.01 ? "less than 1%" : `${(100 * ratio).toFixed(0)}%`;
  const fate = ratio < SWITCHED_OFF ? "they are switched off" : ratio < TURNED_DOWN ? "they are turned down, not off" : "they still count";
  return `Outlier classes weigh ${share} of what shared ones do: ${fate}.`;
}

/** {tone, title, text} of whether a method made it worse: tones are good, bad, none. */
export function verdictWords(summary, status) {
  const { verdict } = summary;
  if (summary.method === "source-only") return { tone: "none", title: "the yardstick", text: "" };
  if (!verdict) {
    return { tone: "none", title: status === "training" ? "judged at the end" : "not judged", text: status === "training" ? "" : "no seed was trained with source-only too" };
  }
  const { difference, standard_error: error } = verdict;
  const points = present(difference)
    ? `${difference < 0 ? "−" : "+"}${Math.abs(100 * difference).toFixed(1)} points against source-only${present(error) ? `, standard error ${(100 * error).toFixed(1)}` : ""}` : "by signs that need no labels";
  if (verdict.verdict === "worse") return { tone: "bad", title: "Negative transfer", text: points };
  if (verdict.verdict === "not worse") return { tone: "good", title: "No negative transfer", text: points };
  return { tone: "none", title: "Cannot be told", text: points };
}

/** Of each method the model with the highest label-free score, as `predict` would choose among all. */
export function modelsByMethod(adaptation) {
  const score = (run) => run.score ?? -Infinity;
  return adaptation.methods.map((method) => adaptation.results.filter((run) => run.method === method && run.model_id)
    .reduce((best, run) => (best === null || score(run) > score(best) ? run : best), null)).filter(Boolean);
}

/** For every class its mean over the runs of each method, of a field that holds one number by class. */
export function byClass(adaptation, field) {
  const methods = adaptation.methods.filter((method) => adaptation.results.some((run) => run.method === method && run[field]));
  const values = (name, method) => mean(adaptation.results.filter((run) => run.method === method && run[field]).map((run) => run[field][name]));
  const classes = adaptation.classes.filter((name) => methods.some((method) => values(name, method) !== null));
  return { methods, rows: classes.map((name) => ({ name, values: methods.map((method) => values(name, method)) })) };
}

/** Source and target sets for a form: those with classes; a source needs labels on two at least. */
export function choices(datasets) {
  const usable = datasets.filter((each) => each.report?.classes);
  return { sources: usable.filter((each) => heldClasses(each).length > 1), targets: usable };
}

/** Classes that a data set has examples of; those that are made when first used count. */
export const heldClasses = (dataset) => dataset.report.classes
  .filter(({ examples }) => examples === null || Object.values(examples).some((count) => count > 0)).map(({ name }) => name);

/** Whether two sets are of the same kind of examples: images, or vectors of one length. */
export const matches = (one, other) => (one.report.features ?? null) === (other.report.features ?? null);
