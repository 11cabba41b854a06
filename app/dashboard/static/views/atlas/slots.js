// Places for the views of one scene: each takes a file by choice or drop; what is filled stays a run from the first.

import { h, replace, uid } from "../../lib/dom.js";

const NAMES = ["First view", "Second view", "Third view"];

/** {element, fill(files)}; onchange(files) after every change. */
export function imageSlots(most, onchange) {
  const element = h("div", { class: "slots" });
  let files = [];
  let shown = [];

  const change = (next, focused) => {
    files = next.slice(0, most);
    draw();
    element.querySelectorAll("input")[Math.min(focused, element.querySelectorAll("input").length - 1)]?.focus({ preventScroll: true });
    onchange([...files]);
  };
  /** Several files at once fill this place and those behind it. */
  const put = (at, chosen) => {
    if (chosen.length) change([...files.slice(0, at), ...chosen, ...files.slice(at + chosen.length)], at);
  };

  const slot = (index) => {
    const id = uid("view");
    const name = most === 1 ? "Your picture" : NAMES[index];
    const input = h("input", {
      id, type: "file", accept: "image/jpeg,image/png", multiple: index < most - 1, class: "visually-hidden",
      disabled: index > files.length, onchange: () => put(index, [...input.files]),
    });
    const filled = index < files.length;
    const drop = h("label", { class: `drop${filled ? " is-filled" : ""}`, for: id },
      filled ? h("img", { src: shown[index], alt: `${name}, chosen: choose another` })
        : [h("b", null, name), h("span", { class: "muted" }, index > files.length ? "after the one before" : "choose or drop a JPEG or PNG")]);
    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.add("is-over");
      });
    }
    drop.addEventListener("dragleave", () => drop.classList.remove("is-over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("is-over");
      put(Math.min(index, files.length), [...event.dataTransfer.files]);
    });
    return h("div", { class: "slot" }, input, drop, filled ? h("div", { class: "slot-foot" }, h("span", null, name),
      h("button", { type: "button", class: "quiet", "aria-label": `Remove: ${name}`, onclick: () => change(files.filter((_, other) => other !== index), index) }, "Remove")) : null);
  };
  const draw = () => {
    shown.forEach((address) => URL.revokeObjectURL(address));
    shown = files.map((file) => URL.createObjectURL(file));
    replace(element, Array.from({ length: most }, (_, index) => slot(index)));
  };
  draw();
  return { element, fill: (next) => change(next, 0) };
}
