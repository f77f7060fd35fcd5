// Figures: a Vega-Lite output's SVG, set with its number, caption, alternative text and data.
// Imports markdown and code of this folder, and the built library's reading of a figure's data.
import { tables } from "../../kernel-lib/dist/notebook/plot/inspect.js";
import { escapeHtml } from "./code.mjs";
import { renderInline } from "./markdown.mjs";

const ROWS_SHOWN = 200;

/**
 * A figure's HTML.
 *
 * @param svg the drawing, as text
 * @param spec its Vega-Lite spec, for the description, `usermeta.caption` and the data; {} where there is none
 * @param description alternative text, where the spec has none
 * @param number what the figure is called on its page, "6.1.3" or "3"
 */
export function renderFigure({ svg, spec, description, number }, context) {
  const id = `figure-${number}`;
  const caption = spec.usermeta?.caption;
  return [
    `<figure id="${id}">`,
    inlineSvg(svg, spec.description ?? description, id),
    `<figcaption><b>Figure ${number}.</b>${caption ? ` ${renderInline(caption, context)}` : ""}</figcaption>`,
    dataTables(spec),
    "</figure>",
  ].filter(Boolean).join("\n");
}

// Ids are unique to a drawing, not to a page of drawings; a size in pixels would keep it from shrinking with the page.
function inlineSvg(svg, label, prefix) {
  const [, attributes] = svg.match(/<svg\b([^>]*)>/);
  const [width, height] = ["width", "height"].map((name) => attributes.match(new RegExp(`\\s${name}="([\\d.]+)`))?.[1]);
  const kept = attributes.replace(/\s(width|height|role|aria-label)="[^"]*"/g, "");
  const viewBox = /\sviewBox=/.test(kept) ? "" : ` viewBox="0 0 ${width} ${height}"`;
  const open = `<svg role="img" aria-label="${escapeHtml(label)}" style="width: ${width}px"${kept}${viewBox}>`;
  return svg
    .slice(svg.indexOf("<svg"))
    .replace(/<svg\b[^>]*>/, () => open)
    .replace(/(\sid="|url\(#|\s(?:xlink:)?href="#)/g, `$1${prefix}-`);
}

function dataTables(spec) {
  const found = tables(spec);
  return found.length ? `<details class="data"><summary>Data</summary>\n${found.map(dataTable).join("\n")}\n</details>` : "";
}

function dataTable({ name, columns, rows }) {
  const more = rows.length - ROWS_SHOWN;
  return [
    '<div class="scroll rows" tabindex="0"><table>',
    name ? `<caption>${escapeHtml(name)}</caption>` : "",
    `<thead><tr>${columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join("")}</tr></thead>`,
    `<tbody>${rows.slice(0, ROWS_SHOWN).map((row) => `<tr>${row.map(dataCell).join("")}</tr>`).join("\n")}</tbody>`,
    "</table></div>",
    more > 0 ? `<p class="more">and ${more} more ${more === 1 ? "row" : "rows"}</p>` : "",
  ].filter(Boolean).join("\n");
}

function dataCell(value) {
  if (typeof value === "number") return `<td class="number">${Number(value.toPrecision(6))}</td>`;
  return `<td>${value === null ? "" : escapeHtml(String(value))}</td>`;
}
