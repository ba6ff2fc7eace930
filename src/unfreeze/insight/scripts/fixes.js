"use strict";
(() => {
  const known = JSON.parse(document.getElementById("known").textContent);
  const { files, classes, copies } = known;
  const asked = new Set(known.asked); // photos shown that wait for a decision, as the headline counts
  const photos = [...document.querySelectorAll(".photo")];
  const choices = new Map(); // file number -> { action, label number }
  const byFile = new Map();
  for (const photo of photos) {
    const file = Number(photo.dataset.file);
    byFile.set(file, [...(byFile.get(file) ?? []), photo]);
  }
  let isSaved = true;

  // --- what is chosen -----------------------------------------------------------

  function choose(file, action, label) {
    if (action === null) choices.delete(file);
    else choices.set(file, { action, label });
    isSaved = false;
    byFile.get(file)?.forEach(show); // of many copies, only some are on the page
    count();
  }

  // Relabel takes the class in the list, or the likely one, or the only other one; where
  // none of them says what is meant, it asks.
  function relabel(photo) {
    const select = photo.querySelector("select");
    offer(select);
    const others = [...select.options].slice(1);
    const sure = select.value || select.dataset.likely || (others.length === 1 ? others[0].value : "");
    if (sure) return choose(fileOf(photo), "relabel", Number(sure));
    show(photo);
    select.focus();
    try {
      select.showPicker?.();
    } catch {
      // Without a click of its own, a browser opens no list.
    }
    return undefined;
  }

  function act(photo, action) {
    if (action === "relabel") relabel(photo);
    else choose(fileOf(photo), action);
  }

  function fileOf(photo) {
    return Number(photo.dataset.file);
  }

  function show(photo) {
    const choice = choices.get(fileOf(photo));
    photo.dataset.choice = choice?.action ?? "";
    for (const input of photo.querySelectorAll("input")) {
      input.checked = input.value === choice?.action;
    }
    const select = photo.querySelector("select");
    if (choice?.action === "relabel") offer(select);
    select.value = choice?.action === "relabel" ? String(choice.label) : "";
  }

  function count() {
    const counts = { keep: 0, relabel: 0, drop: 0 };
    let answered = 0;
    for (const [file, { action }] of choices) {
      counts[action] += 1;
      if (asked.has(file)) answered += 1;
    }
    // A button drops copies that are not shown, too.
    const others = choices.size - answered;
    const total = document.createElement("b");
    total.textContent = String(answered);
    const more = others ? ` and ${others} more` : "";
    const words = ` of ${asked.size}${more} marked: ${counts.keep} keep, ${counts.relabel} relabel, ${counts.drop} drop`;
    const output = document.getElementById("count");
    if (choices.size) output.replaceChildren(total, words);
    else output.replaceChildren("Nothing is marked yet.");
    document.getElementById("save").disabled = !choices.size;
    document.getElementById("clear").disabled = !choices.size;
  }

  // A list of classes is filled when it is wanted: there may be thousands of both.
  // First stands "keep", then the likely class if there is one, then all others.
  function offer(select) {
    if (select.dataset.isFull) return;
    select.dataset.isFull = "yes";
    const [, likely] = select.options;
    if (likely) select.dataset.likely = likely.value;
    classes.forEach((name, number) => {
      const value = String(number);
      if (value !== select.dataset.given && value !== likely?.value) select.add(new Option(name, value));
    });
  }

  // --- the file -----------------------------------------------------------------

  const FORMULA = /^'*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

  // A byte of a file name that is no text came here as a lone surrogate.
  const BYTE = /(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/;
  const WRITTEN_BYTE = /\\udc[89a-f][0-9a-f]/;

  // As data/csv_cells.py writes a name, and reads it again.
  function cell(text) {
    let name = text;
    if (BYTE.test(name) || WRITTEN_BYTE.test(name)) {
      name = name.replaceAll("\\", "\\\\");
      name = name.replaceAll(new RegExp(BYTE, "g"), (byte) => `\\u${byte.charCodeAt(0).toString(16)}`);
    }
    if (FORMULA.test(name)) name = `'${name}`;
    return /[",\r\n]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
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
    link.href = URL.createObjectURL(new Blob([table()], { type: "text/csv" }));
    link.download = "fixes.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    isSaved = true;
  }

  // --- hands --------------------------------------------------------------------

  for (const photo of photos) {
    photo.addEventListener("change", (event) => {
      if (!event.target.matches("select")) act(photo, event.target.value);
      else if (event.target.value) relabel(photo);
      else choose(fileOf(photo), null);
    });
    // A second click on a choice takes it back.
    let before = "";
    photo.addEventListener("pointerdown", () => { before = photo.dataset.choice ?? ""; });
    photo.addEventListener("click", (event) => {
      if (event.detail && event.target.matches("input") && event.target.value === before) {
        choose(fileOf(photo), null);
        before = "";
      }
    });
    const select = photo.querySelector("select");
    for (const kind of ["focus", "pointerdown"]) select.addEventListener(kind, () => offer(select));
  }

  for (const button of document.querySelectorAll("[data-drop-copies]")) {
    const words = button.textContent;
    let dropped = []; // by this button, so that it can take that back
    button.addEventListener("click", () => {
      if (dropped.length) {
        for (const file of dropped) if (isDropped(file)) choose(file, null);
        dropped = [];
      } else {
        dropped = copiesToDrop(button.dataset.dropCopies);
        for (const file of dropped) choose(file, "drop");
      }
      button.setAttribute("aria-pressed", String(dropped.length > 0));
      button.textContent = dropped.length ? `Undo: ${dropped.length} dropped` : words;
    });
    document.getElementById("clear").addEventListener("click", () => {
      dropped = [];
      button.setAttribute("aria-pressed", "false");
      button.textContent = words;
    });
  }

  function isDropped(file) {
    return choices.get(file)?.action === "drop";
  }

  // What a person has decided stays; and of a photo that was dropped where it would be
  // kept, the other copies are left to that person.
  function copiesToDrop(section) {
    const found = new Set();
    for (const { keeps, drops } of copies[section]) {
      if (keeps.every(isDropped)) continue;
      for (const file of drops) if (!choices.has(file)) found.add(file);
    }
    return [...found];
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
      act(photo, ACTIONS[key]);
      if (key !== "u" && choices.has(fileOf(photo))) go(photo, 1);
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
