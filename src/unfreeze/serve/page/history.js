// The photos of this session as a list to look at again.

import { mark } from "./answer.js";
import { byId, element } from "./elements.js";
import * as shots from "./shots.js";
import { counted, kindOf, percent, titleOf } from "./words.js";

const items = new Map(); // shot -> its list item

export function prepareHistory(look) {
  shots.on("added", (added) => {
    byId("list").prepend(...added.map((shot) => item(shot, look)));
    tally();
  });
  shots.on("changed", (shot) => {
    fill(shot);
    tally();
  });
  shots.on("selected", () => items.forEach((_, shot) => point(shot)));
  shots.on("cleared", () => {
    items.clear();
    byId("list").replaceChildren();
    tally();
  });
}

function item(shot, look) {
  const card = element("button", { type: "button", class: "card" });
  card.addEventListener("click", () => look(shot));
  const made = element("li", {}, card);
  items.set(shot, made);
  fill(shot);
  return made;
}

function fill(shot) {
  const card = items.get(shot)?.firstChild;
  if (!card) return;
  const kind = kindOf(shot);
  card.dataset.kind = kind;
  const thumbnail = element("span", { class: "thumbnail", "aria-hidden": "true" });
  if (shot.thumbnail) thumbnail.append(shot.thumbnail);
  const isMarked = kind === "unsure" || kind === "failed";
  const line = element("span", { class: "title" }, isMarked ? mark(kind) : null, element("span", { class: "name" }, titleOf(shot)));
  if (kind === "sure" && !shot.row.labels) line.append(" ", element("span", { class: "share" }, percent(shot.row.probability)));
  card.replaceChildren(thumbnail, element("span", { class: "lines" }, line, " ", element("span", { class: "soft name file" }, shot.name)));
  point(shot);
}

function point(shot) {
  const card = items.get(shot)?.firstChild;
  if (shot === shots.current()) card?.setAttribute("aria-current", "true");
  else card?.removeAttribute("aria-current");
}

export function reveal(shot) {
  items.get(shot)?.firstChild.focus();
}

function tally() {
  const counts = { open: 0, answered: 0, unsure: 0, failed: 0 };
  for (const kind of shots.all().map(kindOf)) {
    if (kind === "sure" || kind === "none") counts.answered += 1;
    else if (kind in counts) counts[kind] += 1;
    else counts.open += 1;
  }
  const words = [
    counted(counts.answered, "answer"),
    counts.unsure ? `${counts.unsure} not sure` : null,
    counts.failed ? `${counts.failed} without an answer` : null,
    counts.open ? `${counts.open} still to come` : null,
  ].filter(Boolean);
  byId("count").textContent = String(shots.all().length);
  byId("tally").textContent = words.join(" · ");
  byId("history").hidden = !shots.all().length;
}
