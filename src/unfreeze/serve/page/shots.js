// The photos of this session and what is known of each, newest first.

const changed = new EventTarget();
let shots = [];
let selected = null;
let count = 0;

export const all = () => shots;
export const current = () => selected;
export const has = (shot) => shots.includes(shot);

// Kinds of change: "added", "changed" (with the shot), "selected", "cleared".
export function on(kind, react) {
  changed.addEventListener(kind, (event) => react(event.detail));
}

const tell = (kind, detail) => changed.dispatchEvent(new CustomEvent(kind, { detail }));

export function add(files) {
  const added = [...files].map((file) => ({
    id: (count += 1),
    file,
    name: file.name || "photo",
    state: "waiting", // then "reading", perhaps "busy", at last "answered" or "failed"
    words: "", // on what went wrong
    row: null, // the server's answer
    mark: null, // of the model that gave it
    size: null, // { width, height } of the upright photo, where the browser can show it
    thumbnail: null, // a canvas
    saved: null, // where the server keeps it for labelling
  }));
  shots = [...added, ...shots];
  tell("added", added);
  if (added.length) select(added[0]);
  return added;
}

export function change(shot, facts) {
  Object.assign(shot, facts);
  if (has(shot)) tell("changed", shot);
}

export function select(shot) {
  selected = shot;
  tell("selected", shot);
}

export function step(by) {
  const next = shots[shots.indexOf(selected) + by];
  if (next) select(next);
  return next;
}

export function clear() {
  shots = [];
  selected = null;
  tell("cleared");
}
