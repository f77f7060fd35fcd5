// Builds the library's own addon, kernel-lib/native/native.c, which is good for every engine beside the host.
// Imports Node's built-ins only.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { contentHash, hashOf, readStamp, removeStamp, writeStamp } from "./files.mjs";
import { root } from "./paths.mjs";
import { compile, compilersHere, sharedLibrary } from "./tensorflow/compiler.mjs";
import { places } from "./tensorflow/machine.mjs";
import { Trouble } from "./tensorflow/trouble.mjs";

/** Where its source lies, and where the library looks for it. */
export const native = {
  source: join(root, "kernel-lib", "native", "native.c"),
  folder: join(root, "kernel-lib", "native", "build"),
};

const output = ({ folder }) => join(folder, "native.node");

const compilerArguments = ({ nodeHeaders, source, target, platform }) =>
  [...sharedLibrary({ nodeHeaders, platform }), "-x", "c", source, "-o", target];

// Without the folders' paths, since the project may be moved.
function keyOf({ source }) {
  const args = compilerArguments({ nodeHeaders: "headers", source: "source", target: "target", platform: process.platform });
  return hashOf(native.folder, [], [contentHash(source), args, process.arch]);
}

/** Whether it is there as its source makes it. */
export function nativeIsThere(parts = native) {
  const stamp = readStamp(parts.folder);
  return stamp !== undefined && stamp.key === keyOf(parts) && stamp.addon === contentHash(output(parts));
}

/**
 * Compiles it; nothing to do where it is there. `obtainZig`: see compiler.mjs.
 * @throws {Trouble} where no compiler does
 */
export async function buildNative({ native: parts = native, env = process.env, say, obtainZig }) {
  if (nativeIsThere(parts)) return;
  removeStamp(parts.folder);
  mkdirSync(parts.folder, { recursive: true });
  const target = output(parts);
  const made = { nodeHeaders: places.nodeHeaders, source: parts.source, target, platform: process.platform };
  const args = compilerArguments(made);
  await compile(args, { what: "the library's addon for Node", folder: parts.folder, env, say, obtainZig });
  writeStamp(parts.folder, { key: keyOf(parts), addon: contentHash(target) });
}

/** Compiles it where the machine has a compiler; without one, nothing is said: the engines work without it. */
export async function buildNativeWhereEasy({ env = process.env, say }) {
  if (nativeIsThere() || compilersHere(env).length === 0) return;
  try {
    await buildNative({ env, say });
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    say(`the library's addon for Node is not there: ${error.why}. What an engine holds is then freed later.`);
  }
}
