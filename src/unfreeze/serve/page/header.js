// Which model answers, and whether the server is there.

import { byId, element } from "./elements.js";
import * as models from "./models.js";
import { askModel, isOtherModel, isReady, onNews } from "./server.js";
import { counted, listed, percent } from "./words.js";

const OFTEN = 2000; // milliseconds between looks while it is not ready
const SELDOM = 15000;
const MOST_NAMED = 6; // classes in the first sentence
const STATES = { ready: ["ready", "good"], busy: ["not ready", "fair"], away: ["offline", "bad"], locked: ["needs a token", "fair"] };

let state = null;
let timer = 0;
let entering = null; // one question for all who wait for it
let greet = () => {};

// `react()` is told each time the server has said what it serves.
export function watchServer(react) {
  greet = react;
  onNews(lookSoon);
  document.addEventListener("visibilitychange", lookSoon);
  look();
}

export const isLocked = () => state === "locked";

// Ask for the model again, if the user gave no token before.
export async function knock() {
  if (isLocked()) await enter();
}

function lookSoon() {
  clearTimeout(timer);
  timer = setTimeout(look, 50);
}

async function look() {
  clearTimeout(timer);
  if (!document.hidden) {
    const found = await isReady();
    const isKnown = isLocked() || (state === "ready" && !isOtherModel());
    if (found === true && !isKnown) await enter();
    else if (found !== true) show(found === null ? "away" : "busy");
  }
  timer = setTimeout(look, state === "ready" || isLocked() ? SELDOM : OFTEN);
}

export function enter() {
  entering ??= introduced().finally(() => { entering = null; });
  return entering;
}

async function introduced() {
  try {
    const model = await askModel();
    models.meet(model);
    present(model);
    show("ready");
    greet();
  } catch (trouble) {
    byId("knows").textContent = `Nothing is known of the model. ${trouble.message}`;
    show(trouble.status === 401 ? "locked" : trouble.status ? "busy" : "away");
  }
}

function show(now) {
  if (now === state) return;
  state = now;
  const [words, mood] = STATES[state];
  byId("state").replaceChildren(isLocked() ? door(words) : words);
  byId("state").className = `badge ${mood}`;
}

// The way back to the window in which a token is given.
function door(words) {
  const button = element("button", { type: "button", id: "unlock", class: "link" }, words);
  button.addEventListener("click", knock);
  return button;
}

function present(model) {
  const facts = [model.arch, counted(model.classes.length, "class", "classes"), model.precision];
  byId("model-facts").textContent = `unfreeze · ${facts.join(" · ")}`;
  byId("knows").textContent = sentence(model);
  byId("model-note").textContent = model.note ?? "";
  byId("model-note").hidden = !model.note;
  byId("classes").hidden = model.classes.length <= MOST_NAMED;
  byId("class-names").replaceChildren(...model.classes.map((name) => element("li", {}, name)));
  byId("version").textContent = `unfreeze ${model.version}`;
}

function sentence({ classes, task, least }) {
  const isShort = classes.length <= MOST_NAMED;
  const count = counted(classes.length, "class", "classes");
  const what = isShort ? listed(classes, MOST_NAMED) : count;
  const does = task === "multi" ? `looks for ${what}, any number of them in one photo` : `tells ${what} apart`;
  const limited = () => (task === "multi" ? `names those above ${percent(least)}` : "says so when it is not sure");
  const rest = least === null ? "" : `, and ${limited()}`;
  return `This model ${does}${rest}${isShort ? "." : `: ${listed(classes, MOST_NAMED)}.`}`;
}
