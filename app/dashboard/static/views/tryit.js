// Upload a picture, see what every task's network makes of it.

import { ApiError, post } from "../lib/api.js";
import { empty, h, replace, uid } from "../lib/dom.js";
import { number, percent } from "../lib/format.js";
import { group, title, titles } from "../lib/tasks.js";
import { problemBox } from "./problem.js";

const SAMPLE = new URL("../sample-room.jpg", import.meta.url);
const NUMBERS_SHOWN = 9;
const CLASSES_SHOWN = 5;

const shares = (entries) =>
  h("ol", { class: "classes" }, entries.slice(0, CLASSES_SHOWN).map(([name, share]) =>
    h("li", null, h("span", null, name.replaceAll("_", " ")), h("span", { class: "muted" }, percent(share)))));

function written(value) {
  if (typeof value === "string") return value;
  const numbers = [value].flat(Infinity);
  return numbers.slice(0, NUMBERS_SHOWN).map((each) => (typeof each === "number" ? number(each) : String(each))).join("  ")
    + (numbers.length > NUMBERS_SHOWN ? " …" : "");
}

/** Vectors and classes in words; nested objects are flattened into rows. */
function words({ kind, value }) {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value.top)) return shares(value.top.map((entry) => [entry.class, entry.probability]));
  if (kind === "classes") return shares(Object.entries(value));
  if (typeof value !== "object" || Array.isArray(value)) return h("p", { class: "numbers" }, written(value));
  const rows = (object, prefix = "") => Object.entries(object).flatMap(([name, each]) =>
    (each && typeof each === "object" && !Array.isArray(each) ? rows(each, `${prefix}${name} `) : [[prefix + name, each]]));
  return h("dl", { class: "small-facts" }, rows(value).map(([name, each]) =>
    [h("dt", null, name.replaceAll("_", " ")), h("dd", null, written(each))]));
}

function prediction(item) {
  // The drawing of a class is a list of bars: words say it better at this size.
  const drawn = item.png && item.kind !== "class";
  return h("figure", { class: "prediction" },
    drawn ? h("img", { src: `data:image/png;base64,${item.png}`, alt: `Prediction for ${title(item.task)}`, width: 176, height: 176 })
      : h("div", { class: "said" }, words(item)),
    h("figcaption", null, h("span", { class: "swatch", dataset: { group: group(item.task) } }), title(item.task),
      item.transfer_id ? h("span", { class: "muted" }, ` from ${titles(item.sources)}`) : null),
    drawn ? words(item) : null);
}

export async function tryItSection(body, path, atlas) {
  if (!atlas.networks.length) {
    replace(body, empty("No networks to try", "This atlas holds measured affinities, not networks. Build one to try its predictions."));
    return;
  }
  const id = uid("picture");
  const input = h("input", { id, type: "file", accept: "image/jpeg,image/png", multiple: true, class: "visually-hidden" });
  const drop = h("label", { class: "drop", for: id }, h("b", null, "Choose a picture"), h("span", { class: "muted" }, "or drop one here. JPEG or PNG; two or three for tasks that compare views."));
  const sample = h("button", { type: "button", onclick: async () => send([await (await fetch(SAMPLE)).blob()]) }, "Use a rendered room");
  const answer = h("div", { "aria-live": "polite" });
  let shown = [];
  const send = async (files) => {
    const pictures = [...files].slice(0, 3);
    if (!pictures.length) return;
    shown.forEach((address) => URL.revokeObjectURL(address));
    shown = pictures.map((picture) => URL.createObjectURL(picture));
    replace(answer, h("p", { class: "loading" }, "Every network is looking at it"));
    const form = new FormData();
    pictures.forEach((picture) => form.append("image", picture));
    form.append("tasks", "all");
    form.append("png", "true");
    try {
      const { predictions, left_out: leftOut } = await post(`${path}/infer`, { form });
      replace(answer,
        h("div", { class: "predictions" },
          shown.map((address, index) => h("figure", { class: "prediction" },
            h("img", { class: "cover", src: address, alt: "Your picture", width: 176, height: 176 }), h("figcaption", null, shown.length > 1 ? `Your picture ${index + 1}` : "Your picture"))),
          predictions.map(prediction)),
        leftOut.length ? h("p", { class: "hint" }, `Left out: ${leftOut.map((each) => `${title(each.task)} (${each.detail})`).join("; ")}`) : null);
    } catch (error) {
      replace(answer, problemBox(error instanceof ApiError ? error : new ApiError(0, { title: "That did not work", detail: error.message })));
    }
  };
  input.addEventListener("change", () => send(input.files));
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
    send(event.dataTransfer.files);
  });
  replace(body, h("p", { class: "intro" }, "The picture stays on this server. The networks saw rendered rooms only: photographs of rooms work best, and imperfectly."),
    input, drop, h("p", { class: "or" }, sample), answer);
}
