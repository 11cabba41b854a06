// One tooltip for all charts; follows the pointer or sits beside the focused mark.

import { h, replace } from "../lib/dom.js";

let box = null;

export function showTip(anchor, ...content) {
  if (!box) document.body.append((box = h("div", { class: "tooltip", role: "presentation" })));
  replace(box, content);
  box.hidden = false;
  const { clientX, clientY } = anchor;
  const { width, height } = box.getBoundingClientRect();
  const left = clientX + 16 + width > innerWidth ? clientX - width - 12 : clientX + 16;
  const top = clientY + 16 + height > innerHeight ? clientY - height - 12 : clientY + 16;
  box.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
}

/** Where a tooltip for a focused element belongs. */
export function beside(element) {
  const { right, bottom } = element.getBoundingClientRect();
  return { clientX: right - 8, clientY: bottom - 8 };
}

export function hideTip() {
  if (box) box.hidden = true;
}
