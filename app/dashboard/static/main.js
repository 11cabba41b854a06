// The shell: which page the address names, the key dialog, the theme switch.

import { key } from "./lib/api.js";
import { h, replace } from "./lib/dom.js";
import { problemBox } from "./views/problem.js";
import { adaptationsPage } from "./views/adaptations/list.js";
import { adaptationPage } from "./views/adaptations/page.js";
import { atlasPage } from "./views/atlas/page.js";
import { homePage } from "./views/home.js";
import { multitaskListPage } from "./views/multitask/list.js";
import { multitaskPage } from "./views/multitask/page.js";

const main = document.getElementById("main");
let visit = null;

/** The page of an address; what it names is the first group. */
const ROUTES = [
  [/^#\/atlases\/([^/?]+)$/, atlasPage],
  [/^#\/adaptations\/([^/?]+)$/, adaptationPage],
  [/^#\/adaptations$/, (_, signal) => adaptationsPage(signal)],
  [/^#\/multitask\/([^/?]+)$/, multitaskPage],
  [/^#\/multitask$/, (_, signal) => multitaskListPage(signal)],
];

function route() {
  for (const [pattern, page] of ROUTES) {
    const match = pattern.exec(location.hash);
    if (match) return (signal) => page(decodeURIComponent(match[1] ?? ""), signal);
  }
  return homePage;
}

async function show({ focus = true } = {}) {
  visit?.abort();
  visit = new AbortController();
  const { signal } = visit;
  main.setAttribute("aria-busy", "true");
  try {
    const page = await route()(signal);
    if (signal.aborted) return;
    replace(main, page);
  } catch (error) {
    if (signal.aborted) return;
    replace(main, problemBox(error), h("p", null, h("a", { href: "#/" }, "Back to the first page")));
  }
  main.removeAttribute("aria-busy");
  if (focus) {
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function keyDialog() {
  const dialog = document.getElementById("key-dialog");
  const field = dialog.querySelector("input");
  const note = dialog.querySelector("[data-note]");
  const open = (text) => {
    note.textContent = text;
    field.value = key.get();
    if (!dialog.open) dialog.showModal();
  };
  document.getElementById("key-button").addEventListener("click", () =>
    open("Kept in this tab only and forgotten when you close it."));
  document.addEventListener("key-needed", (event) => open(event.detail));
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "cancel") return;
    key.set(dialog.returnValue === "forget" ? "" : field.value.trim());
    show();
  });
}

function themeSwitch() {
  const button = document.getElementById("theme-button");
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    localStorage.setItem("taskatlas.theme", root.dataset.theme);
    document.dispatchEvent(new CustomEvent("theme-changed"));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    document.dispatchEvent(new CustomEvent("theme-changed")));
}

keyDialog();
themeSwitch();
addEventListener("hashchange", () => show());
show({ focus: false });
