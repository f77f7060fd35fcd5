// A cell's outputs to HTML: streams, results, figures, errors.
// Imports figure, markdown, code and notebook of this folder.
import { escapeHtml, renderAnsi } from "./code.mjs";
import { renderFigure } from "./figure.mjs";
import { renderMarkdown } from "./markdown.mjs";
import { joined } from "./notebook.mjs";

/**
 * The outputs as HTML.
 *
 * @param nextNumber the number of the page's next figure
 */
export function renderOutputs(outputs, context, nextNumber) {
  return mergeStreams(outputs).map((output) => {
    switch (output.output_type) {
      case "stream":
        return textBlock(output.name, renderAnsi(output.text));
      case "error":
        return textBlock("error", renderAnsi(output.traceback.join("\n")));
      default:
        return renderBundle(output.data, context, nextNumber);
    }
  }).join("\n");
}

// A loop that prints line by line may arrive as many messages.
function mergeStreams(outputs) {
  const merged = [];
  for (const output of outputs) {
    const last = merged.at(-1);
    if (output.output_type !== "stream") merged.push(output);
    else if (last?.output_type === "stream" && last.name === output.name) last.text += joined(output.text);
    else merged.push({ ...output, text: joined(output.text) });
  }
  return merged;
}

const VEGA_LITE = /^application\/vnd\.vegalite\.v\d+\+json$/;

// The richest form that a page without scripts can show.
function renderBundle(data, context, nextNumber) {
  const text = joined(data["text/plain"] ?? "");
  if (data["image/svg+xml"]) {
    const spec = Object.entries(data).find(([type]) => VEGA_LITE.test(type))?.[1] ?? {};
    return renderFigure({ svg: joined(data["image/svg+xml"]), spec, description: text, number: nextNumber() }, context);
  }
  if (data["text/html"]) return `<div class="result">${joined(data["text/html"])}</div>`;
  for (const type of ["text/markdown", "text/latex"]) {
    if (data[type]) return `<div class="result">${renderMarkdown(joined(data[type]), context)}</div>`;
  }
  for (const type of ["image/png", "image/jpeg"]) {
    if (data[type]) return `<img class="result" alt="${escapeHtml(text)}" src="data:${type};base64,${joined(data[type]).trim()}">`;
  }
  return textBlock("result", renderAnsi(text));
}

const LINES_SHOWN = 20;

// Long text scrolls in a frame of its own, and what scrolls must be reachable by keyboard.
function textBlock(kind, html) {
  const long = html.split("\n").length > LINES_SHOWN ? " long" : "";
  return `<pre class="output ${kind}${long}" tabindex="0">${html.replace(/\n$/, "")}</pre>`;
}
