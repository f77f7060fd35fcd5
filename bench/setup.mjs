// `npm run bench:setup`: PyTorch for the CPU, in an environment of its own. Imports set-up's parts.
import { join } from "node:path";
import { mainProgram, PlainError, run } from "../tools/setup/child.mjs";
import { removeStamp } from "../tools/setup/files.mjs";
import { withLock } from "../tools/setup/lock.mjs";
import { cache, pythonEnv, venvPython } from "../tools/setup/paths.mjs";
import { findPython } from "../tools/setup/prerequisites.mjs";
import { fillEnvironment } from "../tools/setup/steps.mjs";
import { environment, environmentIsThere, installed, requirements } from "./environment.mjs";

const say = (line) => console.log(`bench set-up: ${line}`);

// The pinned PyTorch has wheels from here on.
const oldestMinor = 10;

function findPythonForPyTorch() {
  const python = findPython();
  if (python.version[1] >= oldestMinor) return python;
  throw new PlainError(
    `bench set-up needs Python 3.${oldestMinor} or newer for PyTorch, and ${python.path} is ${python.version.join(".")}: ` +
      "name another in TORCHLAB_PYTHON.",
  );
}

await mainProgram(() => withLock(join(cache, "bench-setup.lock"), async () => {
  if (!environmentIsThere()) {
    say("PyTorch from PyPI; on Linux 2.2 GB to download and 3.4 GB on disk, elsewhere less");
    await fillEnvironment({
      folder: environment,
      list: requirements,
      installed: installed(),
      findPython: findPythonForPyTorch,
      say,
      verbose: true,
    });
  }
  const script = "import torch; print(torch.__version__, torch.ones(2).sum().item())";
  const { code, tail } = await run(venvPython(environment), ["-W", "ignore", "-c", script], { env: pythonEnv() });
  if (code !== 0) {
    removeStamp(environment);
    throw new PlainError(`bench set-up: PyTorch is installed but does not run here:\n\n${tail.join("\n")}`);
  }
  say(`PyTorch ${tail.at(-1).split(" ")[0]} is there`);
}, { what: "bench set-up", say }));
