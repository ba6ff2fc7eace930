// The answer to the photo that is looked at.

import { bars } from "./bars.js";
import { byId, element } from "./elements.js";
import { labelling } from "./labelling.js";
import { isEarlier, modelOf, served } from "./models.js";
import { digitsApart, kindOf, percent, ranked, titleOf } from "./words.js";

let drawn = ""; // what is shown: drawing it again would close and unfocus its parts

// `again` asks the model once more.
export function showAnswer(shot, again) {
  const kind = kindOf(shot);
  const wanted = JSON.stringify([shot.id, kind, shot.words, shot.saved, modelOf(shot)?.mark, served()?.mark]);
  if (wanted === drawn) return;
  drawn = wanted;
  byId("stage").dataset.kind = kind;
  byId("file").textContent = shot.name;
  byId("stage-title").replaceChildren(...title(shot, kind));
  byId("answer-body").replaceChildren(...body(shot, kind, again));
}

function title(shot, kind) {
  if (kind === "sure" && shot.row.labels) {
    return [element("span", { class: "hidden" }, "Labels: "), ...chips(shot.row)];
  }
  const parts = [element("span", { class: "name" }, titleOf(shot))];
  if (kind === "unsure" || kind === "failed") parts.unshift(mark(kind));
  if (kind === "sure") parts.push(" ", element("span", { class: "share" }, percent(shot.row.probability)));
  return parts;
}

export function mark(kind) {
  return element("span", { class: "mark-of", "aria-hidden": "true" }, kind === "failed" ? "!" : "?");
}

function chips(row) {
  return row.labels.flatMap((name) => [
    element("span", { class: "chip name" }, `${name} `, element("span", { class: "share" }, percent(row.probabilities[name]))),
    " ",
  ]);
}

function body(shot, kind, again) {
  if (kind === "failed") return [element("p", { class: "note bad name" }, shot.words), retry(shot, again, "Try again")];
  if (!shot.row) return [element("p", { class: "soft" }, shot.words || "The answer comes here.")];
  const model = modelOf(shot); // its own, whichever is served now
  const parts = isEarlier(shot) ? earlier(shot, again) : [];
  if (kind === "unsure") parts.push(unsureWords(shot.row, model));
  if (kind === "none") parts.push(element("p", {}, "No class is probable enough to be named."));
  parts.push(...bars(shot.row, model?.least ?? null));
  if (served()?.collects) parts.push(labelling(shot, served().classes));
  return parts;
}

function unsureWords(row, model) {
  const [[name, share]] = ranked(row);
  const least = model?.least ?? null;
  const digits = digitsApart(share, least);
  const from = least === null ? "" : ` This model answers from ${percent(least, digits)} on.`;
  return element("p", {}, "The closest is ", element("b", { class: "name" }, name), ` with ${percent(share, digits)}.${from}`);
}

function earlier(shot, again) {
  const words = "Another model, or one with other settings, is served now. This answer came before.";
  const button = retry(shot, again, "Ask again");
  button.className = "link";
  return [element("p", { class: "note fair" }, `${words} `, button)];
}

function retry(shot, again, words) {
  const button = element("button", { type: "button" }, words);
  button.addEventListener("click", () => {
    byId("stage-title").focus();
    again(shot);
  });
  return button;
}
