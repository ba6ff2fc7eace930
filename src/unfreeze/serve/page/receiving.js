// Photos arrive: chosen, dropped anywhere (folders too), or pasted.

import { isOpen } from "./dialogs.js";
import { byId } from "./elements.js";

export const MOST = 500; // at a time; `unfreeze predict` is made for more

// `take(files, isCut)`: isCut says that there were more than MOST.
export function prepareReceiving(take) {
  byId("choose").addEventListener("click", choose);
  byId("files").addEventListener("change", ({ target }) => {
    take([...target.files].slice(0, MOST), target.files.length > MOST);
    target.value = ""; // the same photo may be chosen again
  });
  document.addEventListener("paste", ({ clipboardData }) => {
    if (clipboardData.files.length && !isOpen()) take([...clipboardData.files].slice(0, MOST), false);
  });
  prepareDropping(take);
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
    const files = await filesIn(event.dataTransfer);
    take(files.slice(0, MOST), files.length > MOST);
  });
}

// Entries must be taken before the first pause: the browser forgets them.
async function filesIn(transfer) {
  const items = [...transfer.items].filter((each) => each.kind === "file");
  const found = items.map((each) => ({ entry: each.webkitGetAsEntry?.(), file: each.getAsFile() }));
  const files = [];
  for (const { entry, file } of found) {
    if (entry?.isDirectory) await walk(entry, files);
    else if (file) files.push(file);
  }
  return files;
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
