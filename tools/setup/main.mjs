// The order of set-up: look, lock, make what is missing. Imports Node's built-ins only.
import { join } from "node:path";
import { elapsed, mainProgram, PlainError } from "./child.mjs";
import { withLock } from "./lock.mjs";
import { buildNativeWhereEasy } from "./native.mjs";
import { cache, venvPython } from "./paths.mjs";
import { findNpm, findPython } from "./prerequisites.mjs";
import {
  build, environmentIsThere, installKernelSpec, installPackages, makeEnvironment, packagesAreThere,
} from "./steps.mjs";
import { obtainTensorFlow, reasonToSkip, tensorflowIsThere } from "./tensorflow/obtain.mjs";

/** Makes whatever is missing; well under a second when nothing is. `profile`: "base", "lab" or "test". */
export async function setUp(profile = "base", say = (line) => console.log(`set-up: ${line}`)) {
  const start = Date.now();
  let made = false;
  await withLock(
    join(cache, "setup.lock"),
    async () => {
      const needPackages = !packagesAreThere();
      const needEnvironment = !environmentIsThere(profile);
      const lackTensorFlow = !tensorflowIsThere();
      const unwanted = lackTensorFlow ? reasonToSkip() : undefined;
      if (unwanted !== undefined) say(unwanted);
      const needTensorFlow = lackTensorFlow && unwanted === undefined;
      // Whatever the machine lacks is said before any time is spent.
      const npm = needPackages ? findNpm() : undefined;
      const python = needEnvironment ? findPython() : undefined;
      made = needPackages || needEnvironment || needTensorFlow;
      const packages = needPackages ? installPackages(npm, say) : undefined;
      const environment = needEnvironment ? makeEnvironment(profile, () => python, say) : undefined;
      await allOrFirstError([
        async () => {
          await packages;
          await build(say);
        },
        async () => {
          await environment;
          installKernelSpec();
        },
        async () => {
          // It needs pip; its large download goes on beside npm's.
          await environment;
          if (needTensorFlow) await obtainTensorFlow({ python: venvPython(), packages, say });
          await packages;
          // It is built with TensorFlow's addon, and is good for the other engine too.
          if (process.env.TORCHLAB_ENGINE !== "host") await buildNativeWhereEasy({ say });
        },
      ]);
    },
    { say },
  );
  if (made) say(`ready in ${elapsed(Date.now() - start)}`);
}

// All sides run to their end even if one fails: what has been made need not be made again.
async function allOrFirstError(sides) {
  const results = await Promise.allSettled(sides.map((side) => side()));
  const rejected = results.filter(({ status }) => status === "rejected");
  // Two sides that wait for the same thing fail by the same error.
  const failures = [...new Set(rejected.map(({ reason }) => reason))];
  if (failures.length === 0) return;
  const defect = failures.find((failure) => !(failure instanceof PlainError));
  throw defect ?? new PlainError(failures.map(({ message }) => message).join("\n\n"));
}

export function setUpFromCommandLine(args) {
  return mainProgram(async () => {
    const unknown = args.filter((arg) => !["--test", "--lab"].includes(arg));
    if (unknown.length > 0) throw new PlainError(`set-up knows --test and --lab, not ${unknown.join(" ")}.`);
    await setUp(args.includes("--test") ? "test" : args.includes("--lab") ? "lab" : "base");
  });
}
