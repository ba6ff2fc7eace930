// Keyboard shortcuts: single letters, which the user can turn off.

import { isOpen, open } from "./dialogs.js";
import { byId } from "./elements.js";

const EDITABLE = "input:not([type=checkbox]):not([type=range]), select, textarea";

// `actions` maps a letter to what it does.
export function prepareKeys(actions) {
  const known = new Map([...Object.entries(actions), ["?", () => open("keys")]]);
  byId("open-keys").addEventListener("click", () => open("keys"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (isOpen() || !byId("single-keys").checked || event.target.matches?.(EDITABLE)) return;
    const act = known.get(event.key.toLowerCase());
    if (!act) return;
    event.preventDefault();
    act();
  });
}
