// Elements with text: what comes from outside is never read as HTML.

export const byId = (id) => document.getElementById(id);

// `facts` are attributes; a property that is true or false becomes one with or without.
export function element(name, facts = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(facts)) {
    if (typeof value === "boolean") made.toggleAttribute(key, value);
    else if (value !== null) made.setAttribute(key, value);
  }
  made.append(...content.filter((each) => each !== null));
  return made;
}
