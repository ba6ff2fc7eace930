"use strict";
(() => {
  const { files, classes } = JSON.parse(document.getElementById("known").textContent);
  const photos = [...document.querySelectorAll(".photo")];
  const choices = new Map(); // file number -> { action, label number }
  const byFile = new Map();
  for (const photo of photos) {
    const file = Number(photo.dataset.file);
    byFile.set(file, [...(byFile.get(file) ?? []), photo]);
  }
  let isSaved = true;

  // --- what is chosen -----------------------------------------------------------

  function choose(photo, action) {
    const file = Number(photo.dataset.file);
    if (action === null) choices.delete(file);
    else choices.set(file, { action, label: Number(photo.querySelector("select").value) });
    isSaved = false;
    byFile.get(file).forEach(show);
    count();
  }

  function show(photo) {
    const choice = choices.get(Number(photo.dataset.file));
    photo.dataset.choice = choice?.action ?? "";
    for (const input of photo.querySelectorAll("input")) {
      input.checked = input.value === choice?.action;
    }
    if (choice?.action === "relabel") {
      const select = photo.querySelector("select");
      offer(select, choice.label);
      select.value = String(choice.label);
    }
  }

  function count() {
    const counts = { keep: 0, relabel: 0, drop: 0 };
    for (const { action } of choices.values()) counts[action] += 1;
    const total = document.createElement("b");
    total.textContent = String(choices.size);
    const words = ` of ${byFile.size} marked: ${counts.keep} keep, ${counts.relabel} relabel, ${counts.drop} drop`;
    const output = document.getElementById("count");
    if (choices.size) output.replaceChildren(total, words);
    else output.replaceChildren("Nothing is marked yet.");
    document.getElementById("save").disabled = !choices.size;
    document.getElementById("clear").disabled = !choices.size;
  }

  // A list of classes is filled when it is wanted: there may be thousands of both.
  function offer(select, wanted) {
    if (select.options.length === classes.length) return;
    const chosen = wanted ?? Number(select.value);
    select.replaceChildren(...classes.map((name, number) => new Option(name, number)));
    select.value = String(chosen);
  }

  // --- the file -----------------------------------------------------------------

  const FORMULA = /^'*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

  // Spreadsheets would run a cell like a formula; data/fixes.py takes the mark off.
  function cell(text) {
    const guarded = FORMULA.test(text) ? `'${text}` : text;
    return /[",\r\n]|^\s|\s$/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
  }

  // A byte of a file name that is no text came here as a lone surrogate.
  function encoded(text) {
    const parts = [];
    for (const part of text.split(/((?<![\uD800-\uDBFF])[\uDC80-\uDCFF])/)) {
      const isByte = part.length === 1 && part >= "\uDC80" && part <= "\uDCFF";
      parts.push(isByte ? Uint8Array.of(part.charCodeAt(0) & 0xff) : new TextEncoder().encode(part));
    }
    return parts;
  }

  function table() {
    const rows = [["file", "action", "label"]];
    for (const file of [...choices.keys()].sort((a, b) => a - b)) {
      const { action, label } = choices.get(file);
      rows.push([files[file], action, action === "relabel" ? classes[label] : ""]);
    }
    return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
  }

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(encoded(table()), { type: "text/csv" }));
    link.download = "fixes.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    isSaved = true;
  }

  // --- hands --------------------------------------------------------------------

  for (const photo of photos) {
    photo.addEventListener("change", (event) => {
      if (event.target.matches("select")) choose(photo, "relabel");
      else choose(photo, event.target.value);
    });
    // A second click on a choice takes it back.
    let before = "";
    photo.addEventListener("pointerdown", () => { before = photo.dataset.choice ?? ""; });
    photo.addEventListener("click", (event) => {
      if (event.detail && event.target.matches("input") && event.target.value === before) {
        choose(photo, null);
        before = "";
      }
    });
    const select = photo.querySelector("select");
    for (const kind of ["focus", "pointerdown"]) select.addEventListener(kind, () => offer(select));
  }

  for (const button of document.querySelectorAll("[data-drop-copies]")) {
    button.addEventListener("click", () => {
      const section = document.getElementById(button.dataset.dropCopies);
      for (const set of section.querySelectorAll(".set")) {
        const [first, ...copies] = set.querySelectorAll(".photo");
        if (choices.get(Number(first.dataset.file))?.action === "drop") continue;
        for (const copy of copies) {
          if (copy.dataset.file !== first.dataset.file) choose(copy, "drop");
        }
      }
    });
  }

  function go(photo, step) {
    const next = photos[photos.indexOf(photo) + step];
    if (!next) return;
    (next.querySelector("input:checked") ?? next.querySelector("input")).focus({ preventScroll: true });
    next.scrollIntoView({ block: "center" });
  }

  const ACTIONS = { k: "keep", r: "relabel", d: "drop", u: null };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    const photo = event.target.closest?.(".photo");
    const key = event.key.toLowerCase();
    if (!photo) {
      if (key === "n" && photos.length) go(photos[0], 0);
    } else if (key in ACTIONS) {
      choose(photo, ACTIONS[key]);
      if (key !== "u") go(photo, 1);
    } else if (key === "n" || key === "p") {
      go(photo, key === "n" ? 1 : -1);
    }
  });

  document.getElementById("save").addEventListener("click", save);
  document.getElementById("clear").addEventListener("click", () => {
    choices.clear();
    isSaved = true;
    photos.forEach(show);
    count();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isSaved && choices.size) event.preventDefault();
  });
  photos.forEach(show); // browsers put back what was chosen before a reload
})();
