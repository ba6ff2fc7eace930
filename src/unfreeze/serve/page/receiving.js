// Photos arrive: chosen, dropped anywhere (folders too), or pasted.

import { isOpen } from "./dialogs.js";
import { byId } from "./elements.js";

const MOST = 500; // at a time; `unfreeze predict` is made for more
const TOO_MANY = `Only the first ${MOST} photos were taken. For more, run: unfreeze predict.`;
const NOTHING = "There is no file in what you dropped. Drop photos, or a folder that holds some.";
const UNREADABLE = "The browser could not read all of what you dropped. Check that you may open these files, or choose them instead.";

// `take(files, words)`: the words are on those that were not taken.
export function prepareReceiving(take) {
  const takeFirst = (files, words = "") => take(files.slice(0, MOST), files.length > MOST ? TOO_MANY : words);
  byId("choose").addEventListener("click", choose);
  byId("files").addEventListener("change", ({ target }) => {
    takeFirst([...target.files]);
    target.value = ""; // the same photo may be chosen again
  });
  document.addEventListener("paste", ({ clipboardData }) => {
    if (clipboardData.files.length && !isOpen()) takeFirst([...clipboardData.files]);
  });
  prepareDropping(takeFirst);
}

export const choose = () => byId("files").click();

function prepareDropping(take) {
  let depth = 0; // of elements that are entered and not left
  const show = () => { byId("dropping").hidden = depth < 1 || isOpen(); };
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragenter", (event) => { if (holdsFiles(event)) { depth += 1; show(); } });
  document.addEventListener("dragleave", (event) => { if (holdsFiles(event)) { depth -= 1; show(); } });
  document.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  document.addEventListener("drop", async (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show();
    if (isOpen()) return;
    const { files, isWhole } = await filesIn(event.dataTransfer);
    if (!isWhole) take(files, UNREADABLE);
    else take(files, files.length ? "" : NOTHING);
  });
}

// Entries must be taken before the first pause: the browser forgets them.
async function filesIn(transfer) {
  const items = [...transfer.items].filter((each) => each.kind === "file");
  const found = items.map((each) => ({ entry: each.webkitGetAsEntry?.(), file: each.getAsFile() }));
  const files = [];
  let isWhole = true;
  for (const { entry, file } of found) {
    if (entry?.isDirectory) await walk(entry, files).catch(() => { isWhole = false; });
    else if (file) files.push(file);
  }
  return { files, isWhole };
}

async function walk(folder, files) {
  const reader = folder.createReader();
  while (files.length <= MOST) {
    const entries = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!entries.length) return;
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory) await walk(entry, files);
      else files.push(await new Promise((done, fail) => entry.file(done, fail)));
    }
  }
}
