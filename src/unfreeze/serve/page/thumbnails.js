// A small upright picture of a photo, cut to a square.

import * as shots from "./shots.js";
import { turns } from "./turns.js";

const SIDE = 240; // pixels
const inTurn = turns(2); // a decoded photo is large

export const draw = (shot) => inTurn(() => (shots.has(shot) ? drawn(shot) : null));

async function drawn(shot) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(shot.file, { imageOrientation: "from-image" });
  } catch {
    return; // not a format of this browser; the model may still read it
  }
  const { width, height } = bitmap;
  const side = Math.min(width, height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  bitmap.close();
  shots.change(shot, { thumbnail: canvas, size: { width, height } });
}
