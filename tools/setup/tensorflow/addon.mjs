// Builds the package's addon against TensorFlow's library and puts it where the package looks for it.
// Imports Node's built-ins only.
import { lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { contentHash, filesUnder, hashOf, readStamp, removeStamp, writeAtomically, writeStamp } from "../files.mjs";
import { compile, sharedLibrary } from "./compiler.mjs";
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

/** Whether the package's deps/ is a link, and so one of ours. */
export function isOurs(places) {
  return lstatSync(join(places.module, "deps"), { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Arguments of any C++ compiler that compile the addon to `output`. */
export function compilerArguments({ places, libraries, output, platform }) {
  const binding = join(places.module, "binding");
  const mac = platform === "darwin";
  const library = (name) => join(libraries, "lib", mac ? `lib${name}.2.dylib` : `lib${name}.so.2`);
  return [
    ...sharedLibrary({ nodeHeaders: places.nodeHeaders, platform }), "-std=c++17", "-DNAPI_VERSION=8",
    "-I", join(libraries, "include"),
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
  await compile(args, { what: "TensorFlow's addon for Node", folder, env, say, obtainZig });
  writeStamp(folder, { key, addon: contentHash(output) });
  return output;
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
