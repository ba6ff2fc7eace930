// What a screen reader says: one sentence for a few answers, a count for many.

import { byId, element } from "./elements.js";
import { counted } from "./words.js";

const PAUSE = 600; // milliseconds, in which sentences are gathered
const MOST = 3;
let gathered = [];

export function say(sentence) {
  if (!gathered.length) setTimeout(speak, PAUSE);
  gathered.push(sentence);
}

function speak() {
  const rest = gathered.length - MOST;
  const said = rest > 0 ? [...gathered.slice(0, MOST), `And ${counted(rest, "further photo")}.`] : gathered;
  gathered = [];
  byId("announcements").replaceChildren(...said.map((each) => element("p", {}, each)));
}
