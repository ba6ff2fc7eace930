// Probabilities as a table whose bars are drawn beside the figures.

import { element } from "./elements.js";
import { counted, percent, ranked } from "./words.js";

const SHOWN = 5;

// `least` is the probability below which the model is not sure, or null.
export function bars(row, least) {
  const found = ranked(row);
  const table = element("table", { class: "bars" }, element("caption", { class: "hidden" }, "Probability of each class"));
  const body = element("tbody", {}, ...found.slice(0, SHOWN).map((each) => bar(each, least)));
  table.append(heading(), body);
  const parts = [table];
  if (found.length > SHOWN) parts.push(rest(found, body, least));
  if (least !== null) {
    parts.push(element("p", { class: "soft small least" }, `The dashed line is ${percent(least)}: below it, this model is not sure.`));
  }
  return parts;
}

function heading() {
  const cells = ["Class", "Bar", "Probability"].map((each) => element("th", { scope: "col" }, each));
  cells[1].setAttribute("aria-hidden", "true");
  return element("thead", { class: "hidden" }, element("tr", {}, ...cells));
}

function bar([name, share], least) {
  const track = element("span", { class: "track" }, element("span", { class: "fill" }));
  track.style.setProperty("--share", share);
  if (least !== null) {
    track.append(element("span", { class: "mark" }));
    track.style.setProperty("--least", least);
  }
  return element(
    "tr", {},
    element("th", { scope: "row", class: "name" }, name),
    element("td", { class: "drawn", "aria-hidden": "true" }, track),
    element("td", {}, percent(share)),
  );
}

// All classes are drawn when they are wanted: there may be thousands.
function rest(found, body, least) {
  const words = `All ${counted(found.length, "class", "classes")}`;
  const button = element("button", { type: "button", class: "link", "aria-expanded": "false" }, words);
  button.addEventListener("click", () => {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    const shown = isOpen ? found.slice(0, SHOWN) : found;
    body.replaceChildren(...shown.map((each) => bar(each, least)));
    button.setAttribute("aria-expanded", String(!isOpen));
    button.textContent = isOpen ? words : `The first ${SHOWN} only`;
  });
  return button;
}
