// Probabilities as a table whose bars are drawn beside the figures.

import { element } from "./elements.js";
import { counted, digitsApart, percent, ranked } from "./words.js";

const SHOWN = 5;

// `least` is the probability below which the model is not sure, or names no label; or null.
export function bars(row, least) {
  const found = ranked(row);
  const table = element("table", { class: "bars" }, element("caption", { class: "hidden" }, "Probability of each class"));
  const given = new Set(row.labels ?? [found[0][0]]); // what the answer names
  const draw = (most) => found.slice(0, most).map((each) => bar(each, given, least));
  const body = element("tbody", {}, ...draw(SHOWN));
  table.append(heading(), body);
  const parts = [table];
  if (found.length > SHOWN) parts.push(rest(found.length, body, draw));
  if (least !== null) {
    const digits = Math.max(...found.map(([, share]) => digitsApart(share, least)));
    parts.push(element("p", { class: "soft small least" }, `The dashed line is ${percent(least, digits)}: below it, this model ${row.labels ? "names no label" : "is not sure"}.`));
  }
  return parts;
}

function heading() {
  const cells = ["Class", "Bar", "Probability"].map((each) => element("th", { scope: "col" }, each));
  cells[1].setAttribute("aria-hidden", "true");
  return element("thead", { class: "hidden" }, element("tr", {}, ...cells));
}

function bar([name, share], given, least) {
  const track = element("span", { class: "track" }, element("span", { class: "fill" }));
  track.style.setProperty("--share", share);
  if (least !== null) {
    track.append(element("span", { class: "mark" }));
    track.style.setProperty("--least", least);
  }
  return element(
    "tr", given.has(name) ? { class: "is-given" } : {},
    element("th", { scope: "row", class: "name" }, name),
    element("td", { class: "drawn", "aria-hidden": "true" }, track),
    element("td", {}, percent(share, digitsApart(share, least))),
  );
}

// All classes are drawn when they are wanted: there may be thousands.
function rest(count, body, draw) {
  const words = `All ${counted(count, "class", "classes")}`;
  const button = element("button", { type: "button", class: "link", "aria-expanded": "false" }, words);
  button.addEventListener("click", () => {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    body.replaceChildren(...draw(isOpen ? SHOWN : count));
    button.setAttribute("aria-expanded", String(!isOpen));
    button.textContent = isOpen ? words : `The first ${SHOWN} only`;
  });
  return button;
}
