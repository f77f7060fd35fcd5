// Markdown cells to HTML: headings with anchors, links to notebooks made links to their pages, images inline.
// Imports markdown-it and, of this folder, math, code and notebook.
import { readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import MarkdownIt from "markdown-it";
import { highlight } from "./code.mjs";
import { mathPlugin } from "./math.mjs";
import { joined, NotebookError } from "./notebook.mjs";

// Typographic quotes, as a book has them, but no other replacement: "(c)" may be a case of a list.
const md = new MarkdownIt({
  html: true,
  typographer: true,
  highlight: (source, language) => highlight(source, language || "text"),
}).disable("replacements").use(mathPlugin);

/**
 * Where a page's Markdown is rendered: gathers its headings `{ level, id, html, text }` and its first paragraph
 * `{ html, text }`, and knows the cell that is being rendered.
 */
export const newContext = (notebook) => ({ notebook, cell: undefined, headings: [], firstParagraph: undefined });

/** A Markdown text as HTML. @throws NotebookError on an image that is missing or would come from the network */
export const renderMarkdown = (source, context) => md.render(source, context);

/** A caption or another single line as HTML, without the paragraph around it. */
export const renderInline = (source, context) => md.renderInline(source, context);

md.core.ruler.push("page", (state) => {
  const { tokens, env } = state;
  tokens.forEach((token, i) => {
    if (token.type === "heading_open") addHeading(token, tokens[i + 1].children, env);
    if (token.type === "paragraph_open" && token.level === 0) env.firstParagraph ??= summarised(tokens[i + 1].children, env);
    for (const child of token.children ?? []) {
      if (child.type === "link_open") child.attrSet("href", pageLink(child.attrGet("href")));
      if (child.type === "image") child.attrSet("src", inlineImage(child.attrGet("src"), env));
    }
  });
});

// A table may be wider than the column.
md.renderer.rules.table_open = () => '<div class="scroll" tabindex="0"><table>\n';
md.renderer.rules.table_close = () => "</table></div>\n";

function addHeading(token, children, env) {
  const { html, text } = summarised(children, env);
  const slug = text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  const same = env.headings.filter((heading) => heading.slug === slug).length;
  const id = same ? `${slug}-${same + 1}` : slug;
  token.attrSet("id", id);
  env.headings.push({ level: Number(token.tag[1]), slug, id, html, text });
}

// A heading or a paragraph for use elsewhere, where its links would be links within links.
function summarised(children, env) {
  const kept = children.filter((token) => !token.type.startsWith("link_"));
  const text = kept.map((token) => (token.type === "softbreak" ? " " : token.type === "html_inline" ? "" : token.content));
  return { html: md.renderer.renderInline(kept, md.options, env), text: text.join("") };
}

const pageLink = (href) => href.replace(/^(?!\w+:)([^#?]*)\.ipynb(?=#|$)/, "$1.html");

const IMAGE_TYPES = { ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml" };

function inlineImage(src, { notebook, cell }) {
  const refuse = (why) => {
    throw new NotebookError(`${notebook.name}.ipynb: cell ${cell.number}: image ${src} ${why}`);
  };
  if (src.startsWith("data:")) return src;
  if (src.startsWith("attachment:")) {
    const bundle = cell.attachments[decodeURIComponent(src.slice("attachment:".length))] ?? refuse("is not attached");
    const [type, data] = Object.entries(bundle)[0];
    return `data:${type};base64,${joined(data)}`;
  }
  if (/^(\w+:|\/\/)/.test(src)) refuse("would be fetched from the network; put the file beside the notebook");
  const type = IMAGE_TYPES[extname(src).toLowerCase()] ?? refuse("is of a type that a page cannot carry");
  try {
    return `data:${type};base64,${readFileSync(join(dirname(notebook.path), decodeURI(src))).toString("base64")}`;
  } catch {
    return refuse("does not exist");
  }
}
