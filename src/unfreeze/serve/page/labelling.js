// Save a photo for labelling: offered where the model is not sure, or was wrong.

import { element } from "./elements.js";
import { collect } from "./server.js";
import * as shots from "./shots.js";
import { kindOf } from "./words.js";

const CONSENT =
  "Saving keeps a copy of this photo, with the class you choose, on the server, where it may be used for training. Photos that you do not save are not kept.";
const UNKNOWN = "I do not know";

export function labelling(shot, classes) {
  if (shot.saved) {
    return element("p", { class: "note good name", id: "saved", tabindex: "-1" }, `Saved for labelling as ${shot.saved}.`);
  }
  const part = element("details", { class: "labelling", open: kindOf(shot) === "unsure" });
  const title = kindOf(shot) === "unsure" ? "Help it learn" : "Is this wrong?";
  part.append(element("summary", {}, title), form(shot, classes));
  return part;
}

function form(shot, classes) {
  const select = element("select", { id: "right-class", "aria-describedby": "consent" });
  select.append(new Option(UNKNOWN, ""), ...classes.map((name) => new Option(name, name)));
  const button = element("button", { type: "button", "aria-describedby": "consent" }, "Save");
  const trouble = element("p", { class: "note bad", role: "alert", hidden: true });
  button.addEventListener("click", () => save(shot, select, button, trouble));
  const row = element(
    "div", { class: "tools" },
    element("label", { for: "right-class" }, "Save for labelling:"), select, button,
  );
  return element("div", {}, row, element("p", { class: "soft small", id: "consent" }, CONSENT), trouble);
}

async function save(shot, select, button, trouble) {
  button.disabled = true;
  trouble.hidden = true;
  try {
    shots.change(shot, { saved: await collect(shot.file, select.value) });
    document.getElementById("saved")?.focus();
  } catch (error) {
    button.disabled = false;
    trouble.textContent = `The photo was not saved. ${error.message}`;
    trouble.hidden = false;
  }
}
