// npm run notebooks: runs notebooks and writes their outputs into them.
// Imports Node's built-ins and tools/ only.
//
//   npm run notebooks [-- name …]      a name is a path, or a name in notebooks/ with or without .ipynb
import { existsSync, readFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { describeProblem, notebooksIn, runNotebooks } from "./notebooks/run.mjs";
import { elapsed, mainProgram, PlainError } from "./setup/child.mjs";
import { writeAtomically } from "./setup/files.mjs";
import { cache, root } from "./setup/paths.mjs";

const folder = join(root, "notebooks");

function find(name) {
  const places = [resolve(name), join(folder, name), join(folder, `${name}.ipynb`)];
  const path = places.find((place) => place.endsWith(".ipynb") && existsSync(place));
  if (path === undefined) throw new PlainError(`there is no notebook ${name}.`);
  return path;
}

await mainProgram(async () => {
  const names = process.argv.slice(2);
  const notebooks = names.length > 0 ? names.map(find) : notebooksIn(folder);
  const results = await runNotebooks(notebooks, join(cache, "updated"), {
    onDone(result) {
      if (result.problem) {
        const asFar = `as far as it ran: ${relative(root, result.copy)}`;
        console.error(`\n${describeProblem(result)}\n  (${basename(result.notebook)} is left as it was; ${asFar})\n`);
        return;
      }
      const text = readFileSync(result.copy, "utf8");
      const changed = text !== readFileSync(result.notebook, "utf8");
      if (changed) writeAtomically(result.notebook, text);
      const outcome = changed ? "written" : "unchanged";
      console.log(`${basename(result.notebook)}: ${outcome}, ${elapsed(result.seconds * 1000)}`);
    },
  });
  return results.some(({ problem }) => problem !== undefined) ? 1 : 0;
});
