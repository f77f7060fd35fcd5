// The pages: one a notebook, and the contents page that links them all. Every page is one file that asks for nothing.
// Imports markdown, outputs, code and notebook of this folder, and its style sheet.
import { readFileSync } from "node:fs";
import { escapeHtml, highlight } from "./code.mjs";
import { newContext, renderMarkdown } from "./markdown.mjs";
import { NotebookError } from "./notebook.mjs";
import { renderOutputs } from "./outputs.mjs";

const STYLE = readFileSync(new URL("page.css", import.meta.url), "utf8");

/** The mark by which the exporter knows a site of its own. */
export const GENERATOR = '<meta name="generator" content="torchlab export">';

/**
 * What one notebook becomes: `{ name, title: { html, text }, headings, summary: { html, text }, body }`.
 *
 * @throws NotebookError naming the file and the cell, on a formula or an image that cannot be rendered
 */
export function renderNotebook(notebook) {
  const context = newContext(notebook);
  const section = notebook.name.match(/^\d+(\.\d+)+/)?.[0];
  let figures = 0;
  const nextNumber = () => [section, ++figures].filter(Boolean).join(".");
  const body = notebook.cells.map((cell) => {
    context.cell = cell;
    try {
      return renderCell(cell, context, nextNumber);
    } catch (error) {
      if (error instanceof NotebookError) throw error;
      throw new NotebookError(`${notebook.name}.ipynb: cell ${cell.number}: ${error.message}`);
    }
  }).join("\n");
  const title = context.headings.find((heading) => heading.level === 1);
  return {
    name: notebook.name,
    title: title ?? { html: escapeHtml(notebook.name), text: notebook.name },
    headings: context.headings,
    summary: context.firstParagraph ?? { html: "", text: "" },
    body: title ? body : `<h1>${escapeHtml(notebook.name)}</h1>\n${body}`,
  };
}

function renderCell(cell, context, nextNumber) {
  switch (cell.type) {
    case "markdown":
      return cell.tags.includes("folded") ? foldedText(cell, context) : renderMarkdown(cell.source, context);
    case "code":
      return codeCell(cell, context, nextNumber);
    default:
      return "";
  }
}

const folded = (summary, html) => `<details class="folded"><summary>${summary}</summary>\n${html}\n</details>`;

// The first line of what is folded says what it is.
function foldedText(cell, context) {
  const [first, ...rest] = cell.source.split("\n");
  return folded(escapeHtml(first.replace(/^#+\s*|\*\*/g, "")), renderMarkdown(rest.join("\n"), context));
}

function codeCell(cell, context, nextNumber) {
  const outputs = renderOutputs(cell.outputs, context, nextNumber);
  if (cell.source.trim() === "" && outputs === "") return "";
  const hidden = cell.tags.includes("hide-input");
  return `<div class="cell">\n${[hidden ? "" : listing(cell), outputs].filter(Boolean).join("\n")}\n</div>`;
}

function listing(cell) {
  const count = cell.executionCount === null ? "" : `<span class="count" aria-hidden="true">${cell.executionCount}</span>`;
  const code = `<pre class="code" tabindex="0"><code>${highlight(cell.source.trimEnd())}</code></pre>`;
  if (!cell.tags.includes("folded")) return count + code;
  const comment = cell.source.match(/^\/\/\s*(.+)/)?.[1];
  return folded(comment ? escapeHtml(comment) : "Show the code", code);
}

/** A notebook's page, with links to its neighbours in the order of the book (undefined at the ends). */
export function renderPage(page, previous, next) {
  return document({
    title: page.title.text,
    description: page.summary.text,
    body: `<header class="top"><a href="index.html">Contents</a></header>
<main>
${page.body.replace("</h1>", (end) => end + tableOfContents(page.headings))}
</main>
<nav class="turn" aria-label="Pages">
${turn("previous", "Previous", previous)}
${turn("next", "Next", next)}
</nav>`,
  });
}

function tableOfContents(headings) {
  const parts = headings.filter((heading) => heading.level === 2);
  if (parts.length < 2) return "";
  const items = parts.map(({ id, html }) => `<li><a href="#${encodeURIComponent(id)}">${html}</a></li>`);
  return `\n<nav class="toc" aria-label="On this page"><ol>\n${items.join("\n")}\n</ol></nav>`;
}

const turn = (direction, label, page) =>
  page ? `<a class="${direction}" href="${encodeURI(page.name)}.html"><small>${label}</small> ${page.title.html}</a>` : "";

/** The contents page: each page's title and first paragraph. */
export function renderIndex(pages) {
  const entries = pages.map(({ name, title, summary }) =>
    `<li><a href="${encodeURI(name)}.html">${title.html}</a>\n${summary.html ? `<p>${summary.html}</p>` : ""}</li>`);
  return document({
    title: "Contents",
    description: pages.map(({ title }) => title.text).join(", "),
    body: `<main>\n<h1>Contents</h1>\n<ol class="contents">\n${entries.join("\n")}\n</ol>\n</main>`,
  });
}

// The policy makes the browser itself refuse whatever a cell's own HTML might ask for.
function document({ title, description, body }) {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
${GENERATOR}
<title>${escapeHtml(title)}</title>
<meta name="description" content="${escapeHtml(description.replace(/\s+/g, " ").trim())}">
<link rel="icon" href="data:,">
<style>
${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
