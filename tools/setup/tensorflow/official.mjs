// The npm package's own download: an older TensorFlow (2.9.1), with an addon that is already built.
// Imports Node's built-ins only.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run, withProgress } from "../child.mjs";
import { writeAtomically } from "../files.mjs";
import { nodeModules } from "../paths.mjs";
import { bytesUnder, whileGrowing } from "../progress.mjs";
import { isOurs } from "./addon.mjs";
import { lastWords, silent, Trouble } from "./trouble.mjs";

/** Runs the package's own install script. @throws {Trouble} */
export async function downloadOfficially(places, { machine, say, patience }) {
  const deps = join(places.module, "deps");
  const lib = join(places.module, "lib");
  // The script would write through our link.
  if (isOurs(places)) rmSync(deps);
  // What lies there does not load, and the script would take it for its own.
  rmSync(lib, { recursive: true, force: true });
  mkdirSync(deps, { recursive: true });
  const manifest = join(places.module, "package.json");
  const before = readFileSync(manifest, "utf8");
  const env = { ...process.env, PATH: [join(nodeModules, ".bin"), process.env.PATH ?? ""].join(delimiter) };
  const args = [join("scripts", "install.js"), machine.nvidia ? "gpu" : "cpu", "download"];
  const label = "TensorFlow 2.9.1, the npm package's own download";
  try {
    await withProgress(label, async () => {
      const { result, stalled } = await whileGrowing([deps, lib], patience, (signal) =>
        run(process.execPath, args, { cwd: places.module, env, signal }));
      if (stalled !== undefined) throw silent("the npm package's own download", stalled);
      if (result.code === 0) return;
      const error = result.tail.find((line) => /^\w*Error: /.test(line)) ?? lastWords(result.tail);
      throw new Trouble(`the npm package's own download failed (${error.trim()})`, "mend the network or the proxy");
    }, say, () => `${Math.floor(bytesUnder([deps, lib]) / 1e6)} MB unpacked`);
  } catch (error) {
    for (const path of [deps, lib]) rmSync(path, { recursive: true, force: true });
    throw error;
  } finally {
    // The script writes into it, and puts it back only at its end.
    if (readFileSync(manifest, "utf8") !== before) writeAtomically(manifest, before);
  }
}
