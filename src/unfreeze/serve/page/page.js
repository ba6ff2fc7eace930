// The page: photos in, answers out. Each module holds one idea; here they meet.

import { showAnswer } from "./answer.js";
import { say } from "./announcements.js";
import { ask } from "./asking.js";
import { openCamera, prepareCamera } from "./camera.js";
import { prepareDialogs } from "./dialogs.js";
import { byId } from "./elements.js";
import { enter, isLocked, knock, watchServer } from "./header.js";
import { prepareHistory, reveal } from "./history.js";
import { prepareKeys } from "./keys.js";
import { served } from "./models.js";
import { preparePhotoView, showPhoto, toggleHeat } from "./photo_view.js";
import { choose, prepareReceiving } from "./receiving.js";
import { tokensComeFrom } from "./server.js";
import * as shots from "./shots.js";
import { asTable, download } from "./table.js";
import * as thumbnails from "./thumbnails.js";
import { askForToken } from "./token.js";
import { sentenceOf } from "./words.js";

const early = []; // photos that came before the model was known

// `words` are on what was not taken.
function take(files, words = "") {
  byId("notice").hidden = !words;
  byId("notice").textContent = words;
  for (const shot of shots.add(files)) {
    thumbnails.draw(shot);
    if (served()) ask(shot, enter);
    else early.push(shot);
  }
  if (!files.length) return;
  bringToSight();
  knock().then(explainWaiting);
}

function explainWaiting() {
  if (!isLocked()) return;
  const words = "The server asks for a token. Press “needs a token” above to give it; the photo waits.";
  for (const shot of early) shots.change(shot, { words });
}

function look(shot) {
  shots.select(shot);
  bringToSight();
  if (shot.row || shot.state === "failed") say(sentenceOf(shot));
}

function bringToSight() {
  const { top } = byId("stage").getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) byId("stage").scrollIntoView({ block: "start" });
}

function show() {
  const shot = shots.current();
  byId("stage").hidden = !shot;
  byId("take").classList.toggle("is-small", Boolean(shot));
  showPhoto(shot);
  if (shot) showAnswer(shot, (again) => ask(again, enter));
}

function step(by) {
  const next = shots.step(by);
  if (!next) return;
  reveal(next);
  look(next);
}

function greet() {
  for (const shot of early.splice(0)) ask(shot, enter);
  show();
}

function prepareButtons() {
  byId("download").addEventListener("click", () => {
    download(asTable(shots.all(), served()?.classes ?? []), "answers.csv");
  });
  const clear = byId("clear");
  const calm = () => { clear.textContent = "Clear"; };
  clear.addEventListener("blur", calm);
  clear.addEventListener("click", () => {
    if (clear.textContent === "Clear") clear.textContent = "Really clear?";
    else {
      calm();
      shots.clear();
      byId("choose").focus();
      say("The session is cleared.");
    }
  });
}

shots.on("selected", show);
shots.on("cleared", show);
shots.on("changed", (shot) => {
  if (shot === shots.current()) show();
});
const told = new WeakSet(); // photos whose answer was announced
shots.on("changed", (shot) => {
  const isDone = shot.state === "answered" || shot.state === "failed";
  if (isDone && !told.has(shot)) say(sentenceOf(shot));
  if (isDone) told.add(shot);
  else told.delete(shot);
});
tokensComeFrom(askForToken);
preparePhotoView();
prepareHistory(look);
prepareDialogs();
prepareCamera(take);
prepareReceiving(take);
prepareButtons();
prepareKeys({
  o: choose,
  c: openCamera,
  w: toggleHeat,
  n: () => step(1),
  p: () => step(-1),
});
watchServer(greet);
