// Which model answers, and whether the server is there.

import { byId, element } from "./elements.js";
import { askModel, isReady } from "./server.js";
import { counted, listed } from "./words.js";

const OFTEN = 2000; // milliseconds between looks while it is not ready
const SELDOM = 15000;
const MOST_NAMED = 6; // classes in the first sentence
const STATES = { ready: ["ready", "good"], busy: ["not ready", "fair"], away: ["offline", "bad"] };

let state = null;

// `greet(model)` is told each time the server becomes ready, with what it serves then.
export async function watchServer(greet) {
  const found = await isReady();
  const before = state;
  state = found === null ? "away" : found ? "ready" : "busy";
  if (state !== before) await enter(state, greet);
  setTimeout(watchServer, state === "ready" ? SELDOM : OFTEN, greet);
}

async function enter(now, greet) {
  const [words, mood] = STATES[now];
  byId("state").textContent = words;
  byId("state").className = `badge ${mood}`;
  if (now !== "ready") return;
  try {
    const model = await askModel();
    present(model);
    greet(model);
  } catch (trouble) {
    byId("knows").textContent = `Nothing is known of the model. ${trouble.message}`;
    state = null;
  }
}

function present(model) {
  const facts = [model.arch, counted(model.classes.length, "class", "classes"), model.precision];
  byId("model-facts").textContent = `unfreeze · ${facts.join(" · ")}`;
  byId("knows").textContent = sentence(model);
  byId("classes").hidden = model.classes.length <= MOST_NAMED;
  byId("class-names").replaceChildren(...model.classes.map((name) => element("li", {}, name)));
  byId("version").textContent = `unfreeze ${model.version}`;
}

function sentence({ classes, task, least }) {
  const isShort = classes.length <= MOST_NAMED;
  const count = counted(classes.length, "class", "classes");
  const what = isShort ? listed(classes, MOST_NAMED) : count;
  const does = task === "multi" ? `looks for ${what}, any number of them in one photo` : `tells ${what} apart`;
  const rest = least === null ? "" : ", and says so when it is not sure";
  return `This model ${does}${rest}${isShort ? "." : `: ${listed(classes, MOST_NAMED)}.`}`;
}
