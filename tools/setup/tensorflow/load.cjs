// Loads the package at the path given and computes with it, in a process of its own: what is half or foreign may crash.
// Imports that package only.
const util = require("node:util");

// Node 23 removed these two, and the package calls them.
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;
process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
// Otherwise TensorFlow takes all of a GPU's memory at once.
process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";

const tf = require(process.argv[2]);
const product = tf.mul(tf.scalar(6), tf.scalar(7)).dataSync()[0];
if (tf.getBackend() !== "tensorflow" || product !== 42) throw new Error(`6 × 7 is ${product} on ${tf.getBackend()}`);
console.log(`TensorFlow ${tf.backend().binding.TF_Version}`);
process.exit();
