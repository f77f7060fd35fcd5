// npm test: everything in one mocha run, what is quick first. Imports Node's built-ins and mocha only.
//
//   npm test [-- path … | -- options of mocha]      without a path, all of tests/
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { nodeModules, root } from "./setup/paths.mjs";

const folders = ["static", "setup", "unit", "golden", "engines", "bench", "kernel", "notebooks", "browser"];

const given = process.argv.slice(2);
const namesPaths = given.some((arg) => !arg.startsWith("-") && existsSync(join(root, arg)));
const all = folders.map((name) => join("tests", name)).filter((folder) => existsSync(join(root, folder)));
const mocha = join(nodeModules, "mocha", "bin", "mocha.js");
// An .only left behind would pass for a whole run.
const strict = process.env.CI ? ["--forbid-only"] : [];
const child = spawn(process.execPath, [mocha, ...strict, ...given, ...(namesPaths ? [] : all)], {
  cwd: root,
  stdio: ["inherit", "inherit", "inherit", "ipc"],
});
let told = false;
child.on("message", () => {
  told = true;
});
child.on("close", (code) => {
  // A file that cannot be loaded ends mocha before there is anything to count.
  if (!told && code !== 0) console.log("\nThe tests did not run to their end.\n0 passed, 1 failed, 0 skipped");
  process.exitCode = code ?? 1;
});
