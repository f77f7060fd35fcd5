// One loop in a process of its own: `node worker.mjs loop steps` prints its samples as one line of JSON.
// Imports the built library.
import pt from "torchlab";
import * as loops from "./loops.mjs";
import { sampler } from "./sampler.mjs";

const [name, count] = process.argv.slice(2);
const steps = Number(count);
const { sample, samples } = sampler(pt, steps);
loops[name](pt, steps, sample);
console.log(JSON.stringify(samples));
