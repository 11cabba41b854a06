// Elements without markup: text goes in as text nodes only, so nothing that the API answers is ever parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "style") for (const [key, each] of Object.entries(value)) element.style.setProperty(key, each);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter(Boolean));
  return parent;
}

/** Whether a chart has the width of a phone. */
export const narrow = () => matchMedia("(max-width: 36rem)").matches;

let counter = 0;
export const uid = (prefix) => `${prefix}-${(counter += 1)}`;

/** A labelled group of radio buttons that looks like one switch. */
export function segmented(label, options, chosen, onchange) {
  const name = uid("choice");
  return h(
    "fieldset",
    { class: "segmented" },
    h("legend", null, label),
    options.map(([value, text]) => {
      const id = uid("option");
      return [
        h("input", {
          type: "radio", name, id, value, checked: value === chosen, onchange: () => onchange(value),
        }),
        h("label", { for: id }, text),
      ];
    }),
  );
}

/** A labelled control of a form. */
export function field(label, control, hint) {
  control.id = uid("field");
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, hint ? h("p", { class: "hint" }, hint) : null);
}

/** What to show while there is nothing: a heading and a sentence that says what to do. */
export const empty = (title, ...text) =>
  h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), h("p", null, ...text));
