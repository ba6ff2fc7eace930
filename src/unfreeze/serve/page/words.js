// An answer in words and figures.

const DIGITS = 1; // behind the point
const MOST_DIGITS = 12;

// What is not quite all is never rounded up to 100, nor what is not nothing to 0.
export function percent(share, digits = DIGITS) {
  if (share === 0 || share === 1) return `${100 * share} %`;
  const least = 10 ** -digits;
  return `${Math.min(Math.max(100 * share, least), 100 - least).toFixed(digits)} %`;
}

// As many digits as tell a share from a limit that it does not reach, or passes.
export function digitsApart(share, limit) {
  if (limit === null || share === limit) return DIGITS;
  let digits = DIGITS;
  while (digits < MOST_DIGITS && percent(share, digits) === percent(limit, digits)) digits += 1;
  return digits;
}

// Most probable first. Browsers sort keys like "7", so the server's order is not kept.
export function ranked(row) {
  return Object.entries(row.probabilities).sort(([, a], [, b]) => b - a);
}

export function counted(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

// What kind of answer it is; the page shows each in its own way.
export function kindOf(shot) {
  if (shot.state !== "answered") return shot.state;
  if (!shot.row.is_sure) return "unsure";
  return shot.row.labels?.length === 0 ? "none" : "sure";
}

const STATES = { waiting: "Waiting", reading: "Being read", busy: "Server busy", failed: "No answer", unsure: "Not sure", none: "No label fits" };

export function titleOf(shot) {
  const kind = kindOf(shot);
  return kind === "sure" ? (shot.row.labels?.join(", ") ?? shot.row.label) : STATES[kind];
}

export function sentenceOf(shot) {
  const kind = kindOf(shot);
  if (kind === "failed") return `${shot.name}: no answer. ${shot.words}`;
  if (kind === "none") return `${shot.name}: no label fits.`;
  const [[best, share]] = ranked(shot.row);
  if (kind === "unsure") return `${shot.name}: not sure. Closest is ${best}, ${percent(share)}.`;
  return shot.row.labels ? `${shot.name}: ${titleOf(shot)}.` : `${shot.name}: ${best}, ${percent(share)}.`;
}

export function listed(names, most) {
  const shown = names.slice(0, most);
  const rest = names.length - shown.length;
  if (rest) return `${shown.join(", ")} and ${counted(rest, "more", "more")}`;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
