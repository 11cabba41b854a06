// What a task's main metric counts, in which unit, and which way is better.

import { number, percent } from "./format.js";
import { task } from "./tasks.js";

const SHARE = "share";
/** Metrics in the unit of the task's output name no unit here. */
const METRICS = {
  ab_distance: { lower: true },
  absolute_relative_error: { unit: SHARE, lower: true },
  centre_error: { unit: "m", lower: true },
  mean_absolute_error: { lower: true },
  mean_angle: { unit: "degrees", lower: true },
  mean_iou: { unit: SHARE },
  pair_accuracy: { unit: SHARE },
  rotation_error: { unit: "degrees", lower: true },
  top_1: { unit: SHARE },
};

/** {metric, words, unit, lower} of a task's main metric: `lower` where less is better; null of a task without one. */
export function mainMetric(name) {
  const entry = task(name);
  const known = METRICS[entry?.metric];
  if (!known) return null;
  const words = entry.metric.replaceAll("_", " ").replace("iou", "IoU");
  return { metric: entry.metric, words, unit: known.unit ?? (entry.output.unit || "of 1"), lower: known.lower ?? false };
}

/** A measured value with its unit: shares in percent, angles with their sign. */
export function withUnit(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === SHARE) return percent(value, 1);
  return unit === "degrees" ? `${number(value)}°` : `${number(value)} ${unit}`;
}
