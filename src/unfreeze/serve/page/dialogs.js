// Windows of this page: open, close, and what happens when one closes.

import { byId } from "./elements.js";

export function open(id) {
  if (!byId(id).open) byId(id).showModal();
}

export const isOpen = () => document.querySelector("dialog[open]") !== null;

export function prepareDialogs() {
  for (const button of document.querySelectorAll("[data-closes]")) {
    button.addEventListener("click", () => byId(button.dataset.closes).close());
  }
}
