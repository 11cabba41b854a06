// A part of a page: heading, words, a body, and the link that leads to it.

import { h } from "../lib/dom.js";

function jump(event, element) {
  event.preventDefault();
  element.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  const heading = element.querySelector("h2");
  heading.setAttribute("tabindex", "-1");
  heading.focus({ preventScroll: true });
}

/** {element, link, body, show(is)}; a hidden part has no link either, and a long title a `short` one there. */
export function frame({ id, title, short = title, intro, hidden = false }) {
  const body = h("div", { class: "section-body" }, h("p", { class: "loading" }, "Loading"));
  const element = h("section", { id, class: "wide", hidden, "aria-labelledby": `${id}-title` },
    h("h2", { id: `${id}-title` }, title), intro ? h("p", { class: "intro" }, intro) : null, body);
  const link = h("a", { href: `#${id}`, hidden, onclick: (event) => jump(event, element) }, short);
  return {
    element, link, body,
    show(is) {
      element.hidden = !is;
      link.hidden = !is;
    },
  };
}
