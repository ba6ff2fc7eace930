// The photo that is looked at, and the heat map over it.

import { drawScale } from "./colours.js";
import { byId } from "./elements.js";
import { drawHeat, isWhole } from "./heat.js";

let shown = null;
let address = null;
let wantsHeat = false;

export function preparePhotoView() {
  drawScale(byId("scale"));
  byId("why").addEventListener("click", toggleHeat);
  byId("strength").addEventListener("input", draw);
  byId("picture").addEventListener("error", () => hasPicture(!address));
}

export function showPhoto(shot) {
  if (shot !== shown) {
    if (address) URL.revokeObjectURL(address);
    address = shot ? URL.createObjectURL(shot.file) : null;
    shown = shot;
    hasPicture(true);
    if (address) byId("picture").src = address;
    else byId("picture").removeAttribute("src");
  }
  if (!shot) return;
  byId("picture").alt = `Photo ${shot.name}`;
  const { width, height } = shot.size ?? { width: 4, height: 3 };
  byId("photo").style.setProperty("--ratio", width / height);
  draw();
}

export function toggleHeat() {
  wantsHeat = !wantsHeat;
  draw();
}

function hasPicture(claim) {
  byId("picture").hidden = !claim;
  byId("no-picture").hidden = claim;
}

function draw() {
  const heat = shown?.row?.heat;
  const isShown = Boolean(heat && shown.size && wantsHeat);
  byId("heat-tools").hidden = !(heat && shown.size);
  byId("heat").hidden = !isShown;
  byId("photo").classList.toggle("is-grey", isShown);
  byId("why").setAttribute("aria-pressed", String(isShown));
  for (const each of document.querySelectorAll("#heat-tools .slider, #heat-tools .legend")) each.hidden = !isShown;
  byId("heat-words").textContent = isShown ? wordsOn(heat) : "";
  if (isShown) drawHeat(byId("heat"), heat, shown.size, byId("strength").value / 100);
}

function wordsOn({ label, square }) {
  const rest = isWhole(square) ? "" : " The model read the part inside the frame.";
  return `Colour shows what spoke for “${label}”, and how much.${rest}`;
}
