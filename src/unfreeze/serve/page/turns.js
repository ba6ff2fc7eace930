// Work in turns: so many at a time, the others in the order they came.

export function turns(most) {
  const waiting = [];
  let active = 0;

  async function next() {
    if (active >= most || !waiting.length) return;
    active += 1;
    const { task, done } = waiting.shift();
    try {
      await task();
    } finally {
      active -= 1;
      done();
      next();
    }
  }

  return (task) => new Promise((done) => {
    waiting.push({ task, done });
    next();
  });
}
