// The answers of this session as a CSV file, with the columns of `unfreeze predict`.

import { ranked } from "./words.js";

const FORMULA = /^'*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

// Spreadsheets would run a cell like a formula.
function cell(value) {
  const text = String(value);
  const guarded = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export function asTable(shots, classes) {
  const answered = shots.filter((shot) => shot.row);
  const failed = shots.filter((shot) => shot.state === "failed");
  const known = [...new Set([...classes, ...answered.flatMap(({ row }) => Object.keys(row.probabilities))])];
  const rows = [["file", "label", "probability", ...known, "error"]];
  for (const { name, row } of answered) {
    const shares = new Map(ranked(row));
    rows.push([name, row.label, row.probability, ...known.map((each) => shares.get(each) ?? ""), ""]);
  }
  for (const { name, words } of failed) rows.push([name, "", "", ...known.map(() => ""), words]);
  return rows.map((each) => `${each.map(cell).join(",")}\r\n`).join("");
}

export function download(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\uFEFF", text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
