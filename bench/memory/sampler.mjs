// Reads the memory of this process from inside a loop. Imports nothing, so that its text also serves in a cell.

/**
 * @returns `sample(step)`, to be called at each of `steps`, which notes some 200 of them in `samples`: bytes, and
 * what the library says of its engines' memory, if it does
 */
export function sampler(pt, steps) {
  const every = Math.max(1, Math.floor(steps / 200));
  const start = performance.now();
  const samples = [];
  const note = (step) => {
    const { rss, heapUsed, external } = process.memoryUsage();
    const seconds = (performance.now() - start) / 1000;
    samples.push({ step, seconds, rss, heap: heapUsed, external, engines: pt.memory() });
  };
  const sample = (step) => {
    if ((step + 1) % every === 0) note(step + 1);
  };
  note(0);
  return { sample, samples };
}
