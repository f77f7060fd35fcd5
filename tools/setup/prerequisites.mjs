// What must be on the machine already: Node, npm, a Python that can make environments.
// Imports Node's built-ins only.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { PlainError } from "./child.mjs";
import { pythonEnv } from "./paths.mjs";

const oldestPython = [3, 9];
const newestNamed = 14;

/** How to call npm: [command, ...first arguments]. Throws a PlainError where there is none. */
export function findNpm(env = process.env, { platform = process.platform, execPath = process.execPath } = {}) {
  const scripts = [
    env.npm_execpath,
    join(dirname(execPath), "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(dirname(execPath), "node_modules", "npm", "bin", "npm-cli.js"),
  ];
  const script = scripts.find((path) => path && basename(path) === "npm-cli.js" && existsSync(path));
  if (script) return [execPath, script];
  // On Windows npm is a batch file, which cannot be started without a shell; npm-cli.js lies beside node there.
  const folders = platform === "win32" ? [] : (env.PATH ?? "").split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, "npm")))) return ["npm"];
  throw new PlainError("set-up needs npm, which comes with Node: install Node 20.19 or newer from nodejs.org.");
}

/** The commands to try for a Python, in order: the person's own choice alone where there is one. */
export function pythonCandidates(env = process.env, platform = process.platform) {
  if (env.TORCHLAB_PYTHON) return [[env.TORCHLAB_PYTHON]];
  const named = [];
  for (let minor = newestNamed; minor >= oldestPython[1]; minor -= 1) named.push([`python3.${minor}`]);
  return platform === "win32" ? [["py", "-3"], ["python"], ["python3"]] : [["python3"], ["python"], ...named];
}

const probeScript = `
import sys
print("%d.%d.%d" % sys.version_info[:3])
print(sys.executable)
try:
    import venv, ensurepip
except ImportError:
    print("no venv")
`;

/** { version: [3, 11, 2], path, venv: true } for a command that is a Python, else undefined. */
export function probePython([command, ...args], env = process.env) {
  const { status, stdout } = spawnSync(command, [...args, "-c", probeScript], {
    encoding: "utf8",
    env: pythonEnv(env),
    timeout: 30_000,
    windowsHide: true,
  });
  if (status !== 0) return undefined;
  const [version, path, note] = stdout.trim().split(/\r?\n/);
  return { version: version.split(".").map(Number), path, venv: note === undefined };
}

function isNewEnough({ version: [major, minor] }) {
  return major === oldestPython[0] && minor >= oldestPython[1];
}

/** The first usable of `probes`, or a PlainError that says in one line what to install. */
export function choosePython(probes, env = process.env) {
  const found = probes.filter((probe) => probe !== undefined);
  const newEnough = found.filter(isNewEnough);
  const usable = newEnough.find((probe) => probe.venv);
  if (usable) return usable;
  const needed = `Python ${oldestPython.join(".")} or newer`;
  const choice = "or name another in TORCHLAB_PYTHON";
  if (newEnough.length > 0) {
    const { version, path } = newEnough[0];
    throw new PlainError(
      `set-up needs Python's venv and ensurepip, and Python ${version.join(".")} (${path}) lacks them: ` +
        `install them (Debian, Ubuntu: sudo apt install python3-venv), ${choice}.`,
    );
  }
  if (found.length > 0) {
    const { version, path } = found[0];
    throw new PlainError(
      `set-up needs ${needed}, and ${path} is ${version.join(".")}: ` +
        `install a newer one from python.org or your system's packages, ${choice}.`,
    );
  }
  if (env.TORCHLAB_PYTHON) {
    throw new PlainError(`set-up needs ${needed}, and TORCHLAB_PYTHON=${env.TORCHLAB_PYTHON} does not run.`);
  }
  throw new PlainError(
    `set-up needs ${needed}, and none was found: install it from python.org or your system's packages ` +
      "(Debian, Ubuntu: sudo apt install python3 python3-venv).",
  );
}

/** The machine's Python to make the project's environment with: { version, path }. */
export function findPython(env = process.env) {
  const probes = [];
  for (const candidate of pythonCandidates(env)) {
    const probe = probePython(candidate, env);
    probes.push(probe);
    if (probe?.venv && isNewEnough(probe)) break;
  }
  return choosePython(probes, env);
}
