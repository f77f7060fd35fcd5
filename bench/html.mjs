// Owns what the pages of the benches have in common: one HTML file that needs no network. Imports nothing.

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** A text as HTML shows it. */
export const escaped = (text) => text.replace(/[&<>"]/g, (character) => entities[character]);

const style = `
body { font: 15px/1.5 Helvetica, Arial, sans-serif; max-width: 85em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
td, th { padding: .15em .6em; text-align: right; white-space: nowrap } td:first-child, th:first-child { text-align: left }
tbody th { padding-top: 1em } thead th { border-bottom: 1px solid #999 }
figure { margin: 2em 0 } svg { max-width: 100%; height: auto }`;

/** One line of a table whose cells are `tag`s. */
export const tableRow = (tag, line) => `<tr>${line.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;

/** The whole page: a heading, notes as paragraphs, a table and figures, these as HTML and SVG. */
export function htmlPage(title, notes, tableHtml, svgs) {
  return [
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>torchlab: ${escaped(title.toLowerCase())}</title>`,
    `<style>${style}</style></head><body><h1>${escaped(title)}</h1>`,
    ...notes.map((note) => `<p>${escaped(note)}</p>`),
    tableHtml,
    ...svgs.map((svg) => `<figure>${svg}</figure>`),
    "</body></html>\n",
  ].join("\n");
}
