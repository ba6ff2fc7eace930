// What the server has said of its models: the one that it serves now, and those before.

const known = new Map(); // what tells a model apart -> what was said of it
let current = null;

export const served = () => current;

// That gave a photo its answer; null where it was never introduced.
export const modelOf = (shot) => known.get(shot.mark) ?? null;

// Whether its answer comes from one that is served no longer.
export const isEarlier = (shot) => known.has(shot.mark) && shot.mark !== current.mark;

export function meet(model) {
  current = model;
  known.set(model.mark, model);
}
