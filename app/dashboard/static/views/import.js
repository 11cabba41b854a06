// The form that uploads measured affinities.

import { post } from "../lib/api.js";
import { h, replace, uid } from "../lib/dom.js";
import { problemBox } from "./problem.js";

export function importForm(onimported) {
  const fileId = uid("file");
  const nameId = uid("name");
  const file = h("input", { id: fileId, type: "file", name: "file", required: true, accept: ".csv,.pkl,.zip,text/csv,application/zip" });
  const name = h("input", { id: nameId, name: "name", required: true, maxlength: 200, autocomplete: "off" });
  const answer = h("div", { "aria-live": "polite" });
  const button = h("button", { type: "submit" }, "Import");
  file.addEventListener("change", () => {
    if (!name.value && file.files[0]) name.value = file.files[0].name.replace(/(\.atlas)?\.\w+$/, "").replaceAll("_", " ");
  });
  const form = h("form", null,
    h("div", { class: "field" }, h("label", { for: fileId }, "File"), file,
      h("p", { class: "hint" }, "A CSV of transfers, an all_affinities file as the Taskonomy authors released it, or an atlas that was exported.")),
    h("div", { class: "field" }, h("label", { for: nameId }, "Name"), name), button, answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const body = new FormData();
    body.append("file", file.files[0]);
    body.append("name", name.value.trim());
    try {
      onimported(await post("/atlases/import", { form: body }));
    } catch (error) {
      replace(answer, problemBox(error));
    }
    button.disabled = false;
  });
  return form;
}
