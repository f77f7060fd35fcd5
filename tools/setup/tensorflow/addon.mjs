// Builds the package's addon against TensorFlow's library and puts it where the package looks for it.
// Imports Node's built-ins only.
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { run, withProgress } from "../child.mjs";
import { filesUnder, hashOf, readStamp, removeStamp, writeAtomically, writeStamp } from "../files.mjs";
import { compilersHere } from "./compiler.mjs";
import { lastWords, Trouble } from "./trouble.mjs";
import { wheelsKey } from "./wheels.mjs";

const addonName = "tfjs_binding.node";

/** The folder in which the package looks for its addon: it names the newest N-API that the package knows. */
export function addonFolder(places) {
  return join(places.module, "lib", "napi-v8");
}

export function addonFile(places) {
  return join(addonFolder(places), addonName);
}

/** The folder that a set's wheels are unpacked into; the package's deps/ is a link to it. */
export function librariesOf(set, places) {
  return join(places.cache, set.name);
}

/** What an addon for a set of wheels must have been made from: wheels, sources, and the way it is compiled. */
export function addonKey(set, places) {
  const sources = filesUnder(join(places.module, "binding"));
  // Without this folder's path, since the project may be moved.
  const anywhere = { places: { module: "module", nodeHeaders: "headers" }, libraries: "libraries", output: "output" };
  const args = compilerArguments({ ...anywhere, platform: process.platform });
  return hashOf(places.module, sources, [wheelsKey(set, places.lists), args]);
}

/** The hash of a file's content, or undefined where there is no such file. */
export function contentHash(path) {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Whether the package's deps/ is a link, and so one of ours. */
export function isOurs(places) {
  return lstatSync(join(places.module, "deps"), { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Arguments of any C++ compiler that compile the addon to `output`. */
export function compilerArguments({ places, libraries, output, platform }) {
  const binding = join(places.module, "binding");
  const mac = platform === "darwin";
  const library = (name) => join(libraries, "lib", mac ? `lib${name}.2.dylib` : `lib${name}.so.2`);
  const shared = mac ? ["-shared", "-undefined", "dynamic_lookup"] : ["-shared", "-fPIC"];
  return [
    "-O2", "-std=c++17", ...shared, "-DNAPI_VERSION=8",
    "-I", places.nodeHeaders, "-I", join(libraries, "include"),
    join(binding, "tfjs_backend.cc"), join(binding, "tfjs_binding.cc"), "-o", output,
    library("tensorflow_cc"), library("tensorflow_framework"),
    // Seen from the addon's place in the package, so that the project may be moved.
    `-Wl,-rpath,${mac ? "@loader_path" : "$ORIGIN"}/../../deps/lib`,
  ];
}

/** The folder of the built addon, where neither `npm ci` nor a new download of the libraries reaches it. */
export function copyFolder(set, places) {
  return join(places.cache, `${set.name}.addon`);
}

/** Whether an addon has been built against the libraries of `set`, if only from other sources. */
export function wasBuilt(set, places) {
  return readStamp(copyFolder(set, places)) !== undefined;
}

/**
 * Compiles the addon in the cache; nothing to do where it lies there whole.
 * `obtainZig` is called where no compiler of the machine does it. Resolves to the addon's path.
 * @throws {Trouble}
 */
export async function buildAddon(set, places, { machine, env, say, obtainZig }) {
  const libraries = librariesOf(set, places);
  const folder = copyFolder(set, places);
  const output = join(folder, addonName);
  const key = addonKey(set, places);
  const stamp = readStamp(folder);
  if (stamp?.key === key && stamp.addon === contentHash(output)) return output;
  removeStamp(folder);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const args = compilerArguments({ places, libraries, output, platform: machine.platform });
  const problems = [];
  const compile = async (command, extra) => {
    try {
      await withProgress(`TensorFlow's addon for Node (${basename(command[0])})`, async () => {
        const [program, ...first] = command;
        const { code, tail } = await run(program, [...first, ...args], { cwd: folder, env: { ...env, ...extra } });
        if (code !== 0) throw new Trouble(`${command[0]}: ${firstError(tail)}`);
      }, say);
      return true;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      problems.push(error.why);
      return false;
    }
  };
  let done = false;
  for (const command of compilersHere(env)) {
    done ||= await compile(command);
  }
  if (!done) {
    try {
      const zig = await obtainZig();
      done = await compile(zig.command, zig.env);
      zig.remove();
    } catch (error) {
      throw notCompiled([...problems, `ziglang: ${error.message}`], error.lasting === true);
    }
  }
  if (!done) throw notCompiled(problems, true);
  writeStamp(folder, { key, addon: contentHash(output) });
  return output;
}

function notCompiled(problems, lasting) {
  const why = `its addon could not be compiled (${problems.join("; ")})`;
  return new Trouble(why, "install a C++ compiler (Debian, Ubuntu: sudo apt install g++)", { lasting });
}

function firstError(tail) {
  return (tail.find((line) => /error/i.test(line)) ?? lastWords(tail)).trim();
}

/** Puts a built addon and the link to its libraries into the package. The addon's stamp must be gone by then. */
export function placeAddon(set, places, built) {
  const deps = join(places.module, "deps");
  const target = relative(places.module, librariesOf(set, places));
  if (!isOurs(places) || readlinkSync(deps) !== target) {
    // A link is removed, not what it points to.
    rmSync(deps, { recursive: true, force: true });
    symlinkSync(target, deps);
  }
  const file = addonFile(places);
  mkdirSync(dirname(file), { recursive: true });
  writeAtomically(file, readFileSync(built));
}
