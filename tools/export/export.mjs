// Writes the site: one self-contained HTML page for each executed notebook of a folder, and a contents page.
// Usage: node tools/export/export.mjs <folder of notebooks> <site folder>. Imports notebook and page of this folder.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { NotebookError, notebooksIn, readNotebook } from "./notebook.mjs";
import { GENERATOR, renderIndex, renderNotebook, renderPage } from "./page.mjs";

/** What stops an export, in one line for whoever typed the command. */
class ExportError extends Error {}

/** The site's files: name → HTML. @throws NotebookError, ExportError */
function renderSite(folder) {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new ExportError(`there is no folder ${folder}`);
  const paths = notebooksIn(folder);
  if (paths.length === 0) throw new ExportError(`there is no notebook in ${folder}`);
  const pages = paths.map((path) => renderNotebook(readNotebook(path)));
  const files = new Map(pages.map((page, i) => [`${page.name}.html`, renderPage(page, pages[i - 1], pages[i + 1])]));
  return files.set("index.html", renderIndex(pages));
}

// The new site is written beside the old one and takes its place whole, so that an export that fails or is interrupted
// leaves the old one as it was.
function replaceSite(site, files) {
  const [fresh, old] = [`${site}.new`, `${site}.old`];
  if (existsSync(site) && !isReplaceable(site)) {
    throw new ExportError(`${site} holds files that are not an exported site; name an empty or a new folder`);
  }
  rmSync(fresh, { recursive: true, force: true });
  rmSync(old, { recursive: true, force: true });
  mkdirSync(dirname(site), { recursive: true });
  mkdirSync(fresh);
  for (const [name, html] of files) writeFileSync(join(fresh, name), html);
  if (existsSync(site)) renameSync(site, old);
  renameSync(fresh, site);
  rmSync(old, { recursive: true, force: true });
}

// What an export left that was killed between the two renames.
function recoverSite(site) {
  if (!existsSync(site) && existsSync(`${site}.old`)) renameSync(`${site}.old`, site);
}

function isReplaceable(folder) {
  const index = join(folder, "index.html");
  return readdirSync(folder).length === 0 || (existsSync(index) && readFileSync(index, "utf8").includes(GENERATOR));
}

const [folder, site, ...rest] = process.argv.slice(2);
if (!folder || !site || rest.length) {
  console.error("usage: node tools/export/export.mjs <folder of executed notebooks> <site folder>");
  process.exit(2);
}
try {
  const target = resolve(site);
  recoverSite(target);
  const files = renderSite(resolve(folder));
  replaceSite(target, files);
  console.log(`${files.size} pages in ${relative(process.cwd(), target) || "."}`);
} catch (error) {
  if (!(error instanceof NotebookError || error instanceof ExportError)) throw error;
  console.error(`export: ${error.message}`);
  process.exit(1);
}
