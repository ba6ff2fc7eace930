// Send photos to the model, two at a time; wait and ask again while it is busy.

import { askAbout } from "./server.js";
import * as shots from "./shots.js";
import { turns } from "./turns.js";

const MOST_TRIES = 30;
const inTurn = turns(2);

export function ask(shot, model) {
  const words = tooLarge(shot.file, model);
  if (words) return shots.change(shot, { state: "failed", words });
  shots.change(shot, { state: "waiting", words: "" });
  return inTurn(() => (shots.has(shot) ? answered(shot, model) : null));
}

async function answered(shot, model) {
  for (let tries = 1; shots.has(shot); tries += 1) {
    try {
      shots.change(shot, { state: "reading", words: "" });
      const row = await askAbout(shot.file, Boolean(model?.has_heat));
      const state = row.error ? "failed" : "answered";
      return shots.change(shot, { state, words: row.error ?? "", row: row.error ? null : row });
    } catch (trouble) {
      if (trouble.wait == null || tries >= MOST_TRIES) {
        return shots.change(shot, { state: "failed", words: trouble.message });
      }
      await waited(shot, trouble.wait);
    }
  }
}

// A little more than asked, and not everyone at the same moment.
async function waited(shot, seconds) {
  const words = `The server is busy. Asking again in ${Math.max(1, Math.ceil(seconds))} s.`;
  shots.change(shot, { state: "busy", words });
  await new Promise((done) => setTimeout(done, 1000 * seconds + 100 + 400 * Math.random()));
}

function tooLarge(file, model) {
  const most = model?.limits?.bytes;
  if (!most || file.size <= most) return "";
  const inMb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  return `The file has ${inMb(file.size)}, and the server takes up to ${inMb(most)}. Make it smaller, then drop it again.`;
}
