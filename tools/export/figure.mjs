// Figures: a Vega-Lite output's SVG, set with its number, caption, alternative text and data.
// Imports markdown and code of this folder.
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
  const titles = fieldTitles(spec);
  const tables = dataSets(spec).map((rows) => dataTable(rows, titles));
  return tables.length ? `<details class="data"><summary>Data</summary>\n${tables.join("\n")}\n</details>` : "";
}

/** The inline data of a spec and of its layers and facets, each once. A layer of text only repeats what others show. */
function dataSets(spec) {
  const found = new Set();
  visit(spec, (view) => {
    if ((view.mark?.type ?? view.mark) === "text") return;
    const values = view.data?.values ?? spec.datasets?.[view.data?.name];
    if (Array.isArray(values) && values.length) found.add(values);
  });
  return [...found];
}

/** For each field the title of the axis or legend it is drawn on, where one field has that title to itself. */
function fieldTitles(spec) {
  const titles = new Map();
  visit(spec, (view) => {
    for (const { field, title } of Object.values(view.encoding ?? {})) {
      if (field && title && !titles.has(field)) titles.set(field, title);
    }
  });
  const shared = (title) => [...titles.values()].filter((other) => other === title).length > 1;
  return new Map([...titles].filter(([, title]) => !shared(title)));
}

function visit(view, see) {
  see(view);
  for (const part of [view.layer, view.concat, view.hconcat, view.vconcat, view.spec].flat()) {
    if (part) visit(part, see);
  }
}

function dataTable(values, titles) {
  const rows = values.map((row) => (typeof row === "object" && row !== null ? row : { value: row }));
  const fields = [...new Set(rows.flatMap(Object.keys))];
  const head = fields.map((field) => `<th scope="col">${escapeHtml(String(titles.get(field) ?? field))}</th>`);
  const body = rows.slice(0, ROWS_SHOWN).map((row) => `<tr>${fields.map((field) => dataCell(row[field])).join("")}</tr>`);
  const more = rows.length - ROWS_SHOWN;
  return [
    `<div class="scroll rows" tabindex="0"><table><thead><tr>${head.join("")}</tr></thead>`,
    `<tbody>${body.join("\n")}</tbody></table></div>`,
    more > 0 ? `<p class="more">and ${more} more ${more === 1 ? "row" : "rows"}</p>` : "",
  ].join("\n");
}

function dataCell(value) {
  if (typeof value === "number") return `<td class="number">${Number(value.toPrecision(6))}</td>`;
  return `<td>${value === undefined ? "" : escapeHtml(typeof value === "string" ? value : JSON.stringify(value))}</td>`;
}
