// Which Python the benches find PyTorch in. Imports set-up's paths and stamps.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashOf, readStamp } from "../tools/setup/files.mjs";
import { cache, root, venvPython } from "../tools/setup/paths.mjs";
import { environmentFulfils } from "../tools/setup/steps.mjs";

export const requirements = join(dirname(fileURLToPath(import.meta.url)), "requirements.txt");
export const environment = join(cache, "bench-python");

/** What the environment's stamp says once everything on the list is installed. */
export const installed = () => ({ bench: hashOf(root, [requirements]) });

export function environmentIsThere() {
  const whole = environmentFulfils(readStamp(environment), "bench", installed().bench, environment);
  return whole && existsSync(venvPython(environment));
}

/** The interpreter that has PyTorch: the person's own choice, else the one that `bench:setup` made, else undefined. */
export function findPyTorch(env = process.env) {
  return env.TORCHLAB_BENCH_PYTHON || (environmentIsThere() ? venvPython(environment) : undefined);
}
