// npm start: runs every notebook in the real kernel and writes the site.
// Imports Node's built-ins and tools/ only.
import { rmSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { describeProblem, notebooksIn, runNotebooks } from "./notebooks/run.mjs";
import { elapsed, mainProgram, PlainError, run } from "./setup/child.mjs";
import { withLock } from "./setup/lock.mjs";
import { cache, root } from "./setup/paths.mjs";

const executed = join(cache, "executed");
const site = join(root, "site");

async function runAndExport() {
  const start = Date.now();
  const notebooks = notebooksIn(join(root, "notebooks"));
  if (notebooks.length === 0) throw new PlainError("there is no notebook in notebooks/.");
  // Copies run, and copies of notebooks that are gone are not to be exported.
  rmSync(executed, { recursive: true, force: true });
  console.log(`running ${notebooks.length} notebooks …`);
  const results = await runNotebooks(notebooks, executed, { onDone: sayResult });
  const failed = results.filter(({ problem }) => problem !== undefined);
  for (const result of failed) console.error(`\n${describeProblem(result)}`);
  if (failed.some(({ problem }) => problem.kind === "unreadable") && failed.length === results.length) {
    throw new PlainError("\nno notebook could be run, so no site was written.");
  }
  const exporter = join(root, "tools", "export", "export.mjs");
  const { code, tail } = await run(process.execPath, [exporter, executed, site]);
  if (code !== 0) {
    throw new PlainError(`\nthe export failed, and ${relative(root, site)}/ is as it was:\n${tail.join("\n")}`);
  }
  console.log(`\nThe site: ${pathToFileURL(join(site, "index.html"))}`);
  if (failed.length > 0) {
    const names = failed.map(({ notebook }) => basename(notebook));
    console.log(`It shows these as far as they ran: ${names.join(", ")}`);
  }
  const whole = results.length - failed.length;
  console.log(`${whole} of ${results.length} notebooks ran to their end; ${elapsed(Date.now() - start)} in all.`);
  return failed.length > 0 ? 1 : 0;
}

function sayResult({ notebook, seconds, cells, problem }) {
  const outcome = problem ? `failed after ${cells.length} cells` : `${cells.length} cells`;
  console.log(`  ${basename(notebook)}: ${outcome}, ${elapsed(seconds * 1000)}`);
}

await mainProgram(() => withLock(join(cache, "start.lock"), runAndExport, { what: "npm start" }));
