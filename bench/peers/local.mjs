// A peer inside this process: a module with `workloads`, `bySize` and `digest`. Imports nothing.

/** Made by each step and read by nobody else, so that no step can be left out as useless. */
let last;

function timed(step, count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) last = step();
  return (performance.now() - start) * 1000;
}

/** @returns a peer: { name, prepare(id), time(id, count) }; see measure.mjs */
export function localPeer(name, { workloads, bySize, digest }) {
  const workload = (id) => {
    const [rule, size] = id.split(" ");
    const make = bySize[rule];
    return workloads[id] ?? (make && (() => make(Number(size))));
  };
  const steps = new Map();
  return {
    name,
    async prepare(id) {
      const step = workload(id)?.();
      if (step === undefined) return undefined;
      steps.set(id, step);
      timed(step, 1);
      return digest(last);
    },
    async time(id, count) {
      return timed(steps.get(id), count);
    },
  };
}
