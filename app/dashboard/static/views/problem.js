// An error in words: what happened, which field, what to do.

import { h } from "../lib/dom.js";

const ADVICE = {
  0: "Start it again with “make run”, then reload this page.",
  401: "Enter an API key at the top of the page.",
  403: "This key lacks the scope for that. Ask for one with the right scope.",
  503: "Try again in a moment.",
};

export function problemBox(error) {
  const advice = ADVICE[error.status];
  return h(
    "div",
    { class: "problem", role: "alert" },
    h("p", { class: "problem-title" }, error.title ?? "Something went wrong"),
    h("p", null, error.message),
    error.fields?.length
      ? h("ul", null, error.fields.map((field) => h("li", null, field.pointer ? h("code", null, field.pointer) : null, " ", field.detail)))
      : null,
    advice ? h("p", { class: "muted" }, advice) : null,
  );
}
