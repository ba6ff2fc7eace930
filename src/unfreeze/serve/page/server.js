// Questions to the server; what goes wrong comes back in words.

import { served } from "./models.js";

const AWAY = "The server cannot be reached. Check that it runs, then try again.";
const DEFAULT_WAIT = 2; // seconds, where a busy server does not say
const LONGEST_WAIT = 60;

export class Trouble extends Error {
  constructor(words, { status = 0, wait = null } = {}) {
    super(words);
    this.status = status; // of HTTP; 0 where there was no answer
    this.wait = wait; // seconds after which to ask again; null: asking again is no use
  }
}

let token = "";
let seen = null; // the mark of the model that the latest answer came from
let tellNews = () => {};
let askForToken = async () => null;

// `ask(wasWrong)` gives a token, or null if the user has none.
export function tokensComeFrom(ask) {
  askForToken = ask;
}

// `react()` is called when a question finds no server, or another model.
export function onNews(react) {
  tellNews = react;
}

// The server was started anew since it was asked for its model, with another one or
// with other settings.
export const isOtherModel = () => served() !== null && seen !== served().mark;

export async function isReady() {
  try {
    const response = await fetch("/ready", { cache: "no-store" });
    seen = markOf(response);
    return response.ok;
  } catch {
    return null; // nobody answers
  }
}

export async function askModel() {
  const { found, mark } = await answer("/model");
  return { ...found, mark };
}

// The row of a photo, and the mark of the model that gave it.
export async function askAbout(file, wantsHeat) {
  const form = new FormData();
  form.append("files", file, file.name);
  const { found, mark } = await answer(`/predict?heat=${wantsHeat}`, { method: "POST", body: form });
  const row = found.predictions?.[0];
  if (!row) throw new Trouble("The server's answer names no photo. Load this page again.");
  return { row, mark };
}

export async function collect(file, label) {
  const form = new FormData();
  form.append("file", file, file.name);
  form.append("label", label);
  return (await answer("/collect", { method: "POST", body: form })).found.saved;
}

async function answer(path, options = {}) {
  const used = token;
  const response = await reached(path, options, used);
  if (response.status === 401) {
    await renew(used);
    return answer(path, options);
  }
  const mark = markOf(response);
  seen = mark;
  if (isOtherModel()) tellNews();
  const found = await response.json().catch(() => null);
  if (found?.predictions || (response.ok && found)) return { found, mark };
  const words = found?.error ?? `The server answered with the code ${response.status}.`;
  throw new Trouble(words, { status: response.status, wait: waitOf(response) });
}

async function reached(path, options, used) {
  const headers = used ? { Authorization: `Bearer ${used}` } : {};
  try {
    return await fetch(path, { ...options, headers, cache: "no-store" });
  } catch {
    tellNews();
    throw new Trouble(AWAY);
  }
}

// Another question may have brought a new token meanwhile.
async function renew(used) {
  if (token !== used) return;
  const found = await askForToken(used !== "");
  if (found === null) throw new Trouble("The server asks for a token.", { status: 401 });
  token = found;
}

const markOf = (response) => response.headers.get("X-Model");

function waitOf(response) {
  if (response.status !== 429 && response.status !== 503) return null;
  const text = response.headers.get("Retry-After") ?? "";
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Math.min(Math.max(Number.isFinite(seconds) ? seconds : DEFAULT_WAIT, 0), LONGEST_WAIT);
}
