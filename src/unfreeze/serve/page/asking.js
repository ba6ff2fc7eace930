// Send photos to the model, two at a time; wait and ask again while it is busy.

import { served } from "./models.js";
import { askAbout, isOtherModel } from "./server.js";
import * as shots from "./shots.js";
import { turns } from "./turns.js";

const MOST_TRIES = 30;
const inTurn = turns(2);

// `greet()` asks the server which model it serves now.
export function ask(shot, greet) {
  const words = tooLarge(shot.file, served());
  if (words) return shots.change(shot, { state: "failed", words });
  shots.change(shot, { state: "waiting", words: "" });
  return inTurn(() => (shots.has(shot) ? answered(shot, greet) : null));
}

async function answered(shot, greet) {
  for (let tries = 1; shots.has(shot); tries += 1) {
    const model = served();
    try {
      shots.change(shot, { state: "reading", words: "" });
      const { row, mark } = await askAbout(shot.file, Boolean(model?.has_heat));
      const state = row.error ? "failed" : "answered";
      return shots.change(shot, { state, words: row.error ?? "", row: row.error ? null : row, mark });
    } catch (trouble) {
      // The question was put as the model before this one takes it.
      if (trouble.status === 422 && isOtherModel()) await greet();
      if (served() !== model && tries < MOST_TRIES) continue;
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
