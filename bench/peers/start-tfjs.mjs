// Prints what tfjs takes in this new process, µs: its import and first small operation, or (--large) its first large
// one. Imports tfjs.
const begin = performance.now();
const { tf } = await import("./tfjs-backend.mjs");
const imported = performance.now();
if (process.argv.includes("--large")) {
  const a = tf.ones([512, 512]);
  a.matMul(a).sum().dataSync();
  console.log(JSON.stringify({ "first large": (performance.now() - imported) * 1000 }));
} else {
  tf.linspace(0, 1, 100).mul(2).dataSync();
  console.log(JSON.stringify({ import: (imported - begin) * 1000, first: (performance.now() - imported) * 1000 }));
}
