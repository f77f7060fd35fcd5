// The four things that set-up makes: npm packages, Python environment, kernelspec, built library.
// Imports Node's built-ins only.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { PlainError, run, withProgress } from "./child.mjs";
import { hashOf, readIfThere, readStamp, removeStamp, writeAtomically, writeStamp } from "./files.mjs";
import { kernelSpecFolder, kernelSpecSource, nodeModules, pythonEnv, root, venv, venvPython } from "./paths.mjs";

const networkAdvice = "If the network or a proxy is the reason, mend it and run the same command again;";

/** What each profile installs, and which smaller profiles that includes. */
export const profiles = {
  base: { file: "requirements.txt", includes: ["base"] },
  lab: { file: "requirements-lab.txt", includes: ["base", "lab"] },
  test: { file: "requirements-test.txt", includes: ["base", "lab", "test"] },
};

/**
 * Whether npm's own record of what it installed fulfils the lock file.
 * @param {{ packages: object }} wanted package-lock.json, parsed
 * @param {{ packages?: object }} installed node_modules/.package-lock.json, parsed
 */
export function fulfilsLock(wanted, installed) {
  return packagesOf(wanted).every(([path, entry]) => {
    const found = installed.packages?.[path];
    if (found === undefined) return mayBeMissing(entry);
    return found.version === entry.version && Boolean(found.link) === Boolean(entry.link);
  });
}

/** Whether every package that the lock file asks for has its folder. `isThere` takes a path relative to the root. */
export function foldersAreThere(wanted, isThere) {
  return packagesOf(wanted).every(([path, entry]) => mayBeMissing(entry) || isThere(path));
}

function packagesOf(lock) {
  return Object.entries(lock.packages).filter(([path]) => path.includes("node_modules/"));
}

// Packages for other platforms are optional.
function mayBeMissing(entry) {
  return entry.optional === true || entry.peer === true;
}

function packagesKey() {
  const names = ["package-lock.json", "package.json", join("kernel-lib", "package.json")];
  return hashOf(root, names.map((name) => join(root, name)), [process.platform, process.arch]);
}

export function packagesAreThere() {
  const key = packagesKey();
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  if (!foldersAreThere(wanted, (path) => existsSync(join(root, path, "package.json")))) return false;
  if (readStamp(nodeModules)?.key === key) return true;
  // Installed by hand with npm itself: just as good.
  const hidden = readIfThere(join(nodeModules, ".package-lock.json"));
  const whole = hidden !== undefined && fulfilsLock(wanted, JSON.parse(hidden));
  if (whole) writeStamp(nodeModules, { key });
  return whole;
}

/** Installs the npm packages of the lock file. None needs its install script: zeromq ships its binaries inside. */
export async function installPackages(npm, say) {
  const key = packagesKey();
  // npm empties the folder too, but only of what it knows.
  removeStamp(nodeModules);
  rmSync(join(nodeModules, ".package-lock.json"), { force: true });
  const [command, ...first] = npm;
  await step("npm packages", command, [...first, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    say,
    advice: `${networkAdvice} \`npm config list\` shows npm's settings.`,
  });
  writeStamp(nodeModules, { key });
}

function requirementsHash(profile) {
  return hashOf(root, [join(root, "tools", profiles[profile].file)]);
}

/** Whether an environment with this stamp holds all of the profile; it is bound to the folder it was made in. */
export function environmentFulfils(stamp, profile, hash, folder) {
  return stamp !== undefined && stamp.folder === folder && stamp.installed?.[profile] === hash;
}

export function environmentIsThere(profile) {
  return environmentFulfils(readStamp(venv), profile, requirementsHash(profile), venv) && existsSync(venvPython());
}

/** Makes .venv, or adds a profile's packages to it. */
export async function makeEnvironment(profile, findPython, say) {
  const { file, includes } = profiles[profile];
  const installed = Object.fromEntries(includes.map((name) => [name, requirementsHash(name)]));
  await fillEnvironment({ folder: venv, list: join(root, "tools", file), installed, findPython, say });
}

/**
 * Makes a Python environment at `folder`, or adds the packages of `list` to it; `installed` goes into its stamp.
 * An environment cannot be made elsewhere and renamed (its scripts hold its path); the stamp, removed first and
 * written last, tells a whole one from a half one, and a half one is made anew.
 * `verbose`: each package is said, for a list that takes minutes.
 */
export async function fillEnvironment({ folder, list, installed, findPython, say, verbose = false }) {
  const name = relative(root, folder).split(sep).join("/");
  const stamp = readStamp(folder);
  const usable = stamp?.folder === folder && existsSync(venvPython(folder));
  removeStamp(folder);
  if (!usable) {
    const python = findPython();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    const label = `Python environment (${name}, Python ${python.version.join(".")})`;
    await step(label, python.path, ["-m", "venv", folder], {
      say,
      advice: "On Debian and Ubuntu: sudo apt install python3-venv. TORCHLAB_PYTHON names another Python to use.",
    });
  }
  // The list is complete, so pip need not work out what depends on what.
  const options = ["--no-user", "--no-deps", "--no-compile", "--progress-bar", "off", ...(verbose ? [] : ["--quiet"])];
  const pip = ["-I", "-m", "pip", "install", ...options, "-r", list];
  await step(`Python packages (${basename(list)})`, venvPython(folder), pip, {
    say,
    advice: `${networkAdvice} \`${name}/bin/python -m pip config list\` shows pip's settings.`,
    onLine: verbose ? (line) => saysWhatIsDone.test(line) && say(line.trim()) : undefined,
  });
  writeStamp(folder, { folder, installed });
}

const saysWhatIsDone = /^\s*(Downloading|Using cached|Installing) /;

/**
 * The kernelspec as it is installed: with this Node's full path, since an editor started from a desktop does not
 * have the terminal's PATH.
 */
export function kernelSpecText(source, node = process.execPath) {
  const spec = JSON.parse(source);
  if (spec.argv[0] === "node") spec.argv[0] = node;
  return `${JSON.stringify(spec, null, 2)}\n`;
}

/** Puts the kernelspec into the environment where it is missing or differs. */
export function installKernelSpec() {
  const wanted = kernelSpecText(readFileSync(kernelSpecSource, "utf8"));
  const path = join(kernelSpecFolder, "kernel.json");
  if (readIfThere(path) !== wanted) writeAtomically(path, wanted);
}

/** Builds library and kernel where their sources are newer than what is built. */
export async function build(say) {
  // Imported late: the compiler it uses is there only once the packages are.
  const { isBuilt } = await import("../build.mjs");
  if (isBuilt()) return;
  await step("library and kernel", process.execPath, [join(root, "tools", "build.mjs")], {
    say,
    advice: "`npm run build` builds again and shows every message.",
  });
}

async function step(label, command, args, { say, advice, onLine }) {
  await withProgress(label, async () => {
    const { code, tail } = await run(command, args, { cwd: root, env: pythonEnv(), onLine });
    if (code === 0) return;
    const lines = tail.join("\n");
    throw new PlainError(`set-up failed at: ${label} (exit ${code}). Its last lines:\n\n${lines}\n\n${advice}`);
  }, say);
}
