// The colours of heat, as in the report: dark violet to pale yellow, ever lighter, so
// that they read right in grey and for colour-blind people. Oklab: Ottosson 2020,
// https://bottosson.github.io/posts/oklab/

const LENGTH = 256;
const DARKEST = 0.28;
const LIGHTEST = 0.95;
const FIRST_HUE = -62; // degrees
const LAST_HUE = 103;
const VIVIDNESS = 0.185;

const TO_CONES = [
  [1, 0.3963377774, 0.2158037573],
  [1, -0.1055613458, -0.0638541728],
  [1, -0.0894841775, -1.291485548],
];
const TO_RGB = [
  [4.0767416621, -3.3077115913, 0.2309699292],
  [-1.2684380046, 2.6097574011, -0.3413193965],
  [-0.0041960863, -0.7034186147, 1.7076147010],
];

const times = (matrix, vector) =>
  matrix.map((row) => row.reduce((sum, each, place) => sum + each * vector[place], 0));
const linear = (lab) => times(TO_RGB, times(TO_CONES, lab).map((each) => each ** 3));
const gamma = (light) => (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
const bounded = (value) => Math.min(Math.max(value, 0), 1);

// As vivid as a screen can show it.
function colour(share) {
  const lightness = DARKEST + (LIGHTEST - DARKEST) * share;
  const hue = ((FIRST_HUE + (LAST_HUE - FIRST_HUE) * share) * Math.PI) / 180;
  const at = (vividness) =>
    linear([lightness, vividness * VIVIDNESS * Math.cos(hue), vividness * VIVIDNESS * Math.sin(hue)]);
  let fitting = 0;
  let tooVivid = 1;
  for (let step = 0; step < 20; step += 1) {
    const tried = (fitting + tooVivid) / 2;
    if (at(tried).every((each) => each >= 0 && each <= 1)) fitting = tried;
    else tooVivid = tried;
  }
  return at(fitting).map((each) => Math.round(255 * gamma(bounded(each))));
}

// RGB, 0-255, for shares 0, 1/255, ... 1.
export const SCALE = Array.from({ length: LENGTH }, (_, place) => colour(place / (LENGTH - 1)));

export function drawScale(canvas) {
  const image = new ImageData(LENGTH, 1);
  SCALE.forEach((rgb, place) => image.data.set([...rgb, 255], 4 * place));
  canvas.getContext("2d").putImageData(image, 0, 0);
}
