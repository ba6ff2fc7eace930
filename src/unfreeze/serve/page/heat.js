// The heat map over a photo: colour where the photo speaks for the answer.

import { SCALE } from "./colours.js";

const SIDE = 224; // pixels of the drawn map
const LONGEST = 1024; // of the canvas
const VEIL = "rgb(0 0 0 / 0.5)"; // over what the model did not read

// `heat` as the server sends it; `size` is that of the upright photo; strength 0 to 1.
export function drawHeat(canvas, heat, size, strength) {
  const scale = Math.min(1, LONGEST / Math.max(size.width, size.height));
  const width = (canvas.width = Math.max(1, Math.round(scale * size.width)));
  const height = (canvas.height = Math.max(1, Math.round(scale * size.height)));
  const [left, top, right, bottom] = heat.square;
  const square = [left * width, top * height, (right - left) * width, (bottom - top) * height];
  const pen = canvas.getContext("2d");
  pen.fillStyle = VEIL;
  pen.fillRect(0, 0, width, height);
  pen.clearRect(...square);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(coloured(heat.rows, strength), ...square);
  if (!isWhole(heat.square)) frame(pen, square, width / 300);
}

export function isWhole(square) {
  return square.every((each, place) => Math.abs(each - (place < 2 ? 0 : 1)) < 0.005);
}

function frame(pen, [left, top, wide, high], line) {
  for (const [colour, inset] of [["rgb(0 0 0 / 0.6)", 0.5], ["rgb(255 255 255 / 0.9)", 1.5]]) {
    const by = inset * line;
    pen.strokeStyle = colour;
    pen.lineWidth = line;
    pen.strokeRect(left + by, top + by, wide - 2 * by, high - 2 * by);
  }
}

// Colour as strong as the heat, interpolated between the middles of the cells.
function coloured(rows, strength) {
  const image = new ImageData(SIDE, SIDE);
  const down = places(rows.length);
  const across = places(rows[0].length);
  let at = 0;
  for (const [above, below, lower] of down) {
    for (const [before, after, later] of across) {
      const upper = rows[above][before] * (1 - later) + rows[above][after] * later;
      const under = rows[below][before] * (1 - later) + rows[below][after] * later;
      const heat = Math.min(Math.max(upper * (1 - lower) + under * lower, 0), 1);
      image.data.set(SCALE[Math.round(255 * heat)], at);
      image.data[at + 3] = Math.round(255 * strength * heat);
      at += 4;
    }
  }
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// For each drawn pixel: the two nearest cells, and the share of the second.
function places(count) {
  return Array.from({ length: SIDE }, (_, pixel) => {
    const middle = Math.min(Math.max(((pixel + 0.5) * count) / SIDE - 0.5, 0), count - 1);
    const first = Math.floor(middle);
    return [first, Math.min(first + 1, count - 1), middle - first];
  });
}
