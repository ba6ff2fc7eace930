// Ask for the server's token; it stays in the memory of this tab.

import { open } from "./dialogs.js";
import { byId } from "./elements.js";

const UNSENDABLE = /[^\x20-\xFF]/; // in a header of HTTP
let asked = null; // one window for all questions that wait for it

export function askForToken(wasWrong) {
  asked ??= new Promise((done) => prompt(wasWrong, done)).finally(() => { asked = null; });
  return asked;
}

function prompt(wasWrong, done) {
  const [dialog, form, field] = ["token", "token-form", "token-field"].map(byId);
  const given = new AbortController();
  const end = (found) => {
    given.abort();
    field.value = "";
    dialog.close();
    done(found);
  };
  byId("token-trouble").hidden = !wasWrong;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const found = field.value.trim();
    if (UNSENDABLE.test(found)) byId("token-trouble").hidden = false;
    else end(found);
  }, { signal: given.signal });
  dialog.addEventListener("close", () => end(null), { signal: given.signal });
  open("token");
  field.focus();
}
