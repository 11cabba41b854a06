// What is said of groupings: which tasks of an atlas share which networks, as predicted and as measured.

import { ordinal } from "./format.js";
import { SINGLE, canShare } from "./multitask.js";
import { task } from "./tasks.js";

/** The service looks at every set of tasks, so there are not too many. */
export const MAX_TASKS = 17;

/** Those of an atlas's targets that can share a network, in its order. */
export const shareable = (targets) => targets.filter((name) => canShare(task(name)));

/** What a form asks for: a control that was left empty leaves its field to the server. */
export const asked = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== ""));

/** A grouping's place in the prediction, and what it is where it is one of the two ends. */
export const placeOf = ({ rank }) => (rank === null ? null : ordinal(rank));
export const endOf = (each) => (each.all_in_one ? "one for all" : each.all_separate ? "one for each" : null);

export const isRecommended = (question, each) => question.recommended !== null && JSON.stringify(question.recommended) === JSON.stringify(each.groups);

/** A predicted score: the logarithm of a ratio, so 0 is neither gain nor loss. */
export function scored(value) {
  const text = Math.abs(value).toFixed(2);
  return Number(text) === 0 ? text : `${value < 0 ? "−" : "+"}${text}`;
}

/** {columns, rows}: tasks by the groupings in which any task shares a network. */
export function taskRows({ judged_by: judged, groupings }) {
  const columns = groupings.filter((each) => !each.all_separate);
  return {
    columns,
    rows: judged.map((info) => ({ info, cells: columns.map((each) => each.tasks.find((own) => own.task === info.task)) })),
  };
}

/** Why groupings have no figure though nothing is left to train: [[grouping, reason]]. */
export const unmeasured = ({ status, groupings }) => (status === "training" ? [] : groupings.filter((each) => each.delta_m === null && each.detail).map((each) => [each, each.detail]));

/** Runs of shared networks first: they are what a user takes home. */
export const sharedFirst = (runs) => [...runs].sort((one, other) => (one.method === SINGLE) - (other.method === SINGLE));
