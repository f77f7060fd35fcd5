// tfjs with its TensorFlow backend, as a user of it loads it. Imports Node's built-ins and tfjs.
import { createRequire } from "node:module";
import util from "node:util";

// tfjs-node calls both, and newer versions of Node have neither.
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;

export const tf = createRequire(import.meta.url)("@tensorflow/tfjs-node-gpu");
