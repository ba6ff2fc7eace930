// Take a photo with the camera: a preview, a shutter, and no camera left running.

import { open } from "./dialogs.js";
import { byId } from "./elements.js";

const QUALITY = 0.95;
const CHOOSE = "Choose photos instead; on a phone, that offers its camera, too.";
const TROUBLES = {
  NotAllowedError: `The browser did not allow the camera. Allow it in the settings of this page, beside its address. ${CHOOSE}`,
  NotFoundError: `No camera was found. Connect one. ${CHOOSE}`,
  NotReadableError: `The camera is in use by another program. Close that one. ${CHOOSE}`,
};
const UNSAFE = `Browsers lend the camera to pages from this machine or over https only. ${CHOOSE}`;

let stream = null;
let facing = "environment"; // on a phone, the camera on the back
let opening = 0;

export function prepareCamera(take) {
  byId("open-camera").addEventListener("click", openCamera);
  byId("camera").addEventListener("close", stop);
  byId("turn").addEventListener("click", () => {
    facing = facing === "user" ? "environment" : "user";
    start();
  });
  byId("shutter").addEventListener("click", async () => {
    const file = await photo(byId("preview"));
    byId("camera").close();
    take([file]);
  });
  document.addEventListener("visibilitychange", () => document.hidden && byId("camera").close());
}

export function openCamera() {
  open("camera");
  start();
}

async function start() {
  stop();
  const mine = (opening += 1);
  byId("camera-trouble").hidden = true;
  byId("preview").hidden = byId("shutter").hidden = false;
  try {
    if (!navigator.mediaDevices) throw new DOMException(UNSAFE, "SecurityError");
    const found = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: facing, width: { ideal: 1920 }, height: { ideal: 1080 } },
    });
    if (mine !== opening || !byId("camera").open) return halt(found); // closed meanwhile
    stream = found;
    byId("preview").srcObject = stream;
    await byId("preview").play();
    byId("shutter").disabled = false;
    byId("shutter").focus();
    byId("turn").hidden = (await cameras()) < 2;
  } catch (error) {
    if (mine === opening && byId("camera").open) explain(error);
  }
}

const halt = (found) => found.getTracks().forEach((track) => track.stop());

function stop() {
  opening += 1;
  if (stream) halt(stream);
  stream = null;
  byId("preview").srcObject = null;
  byId("shutter").disabled = true;
}

function explain(error) {
  const words = TROUBLES[error.name] ?? (error.name === "SecurityError" ? UNSAFE : `The camera gave no picture. ${CHOOSE}`);
  stop();
  for (const id of ["preview", "shutter", "turn"]) byId(id).hidden = true;
  byId("camera-trouble").textContent = words;
  byId("camera-trouble").hidden = false;
}

async function cameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((each) => each.kind === "videoinput").length;
}

async function photo(video) {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  const time = new Date().toLocaleTimeString("en-GB").replaceAll(":", ".");
  return new File([blob], `camera ${time}.jpg`, { type: blob.type });
}
