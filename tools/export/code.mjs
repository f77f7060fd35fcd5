// Coloured text: listings by highlight.js, terminal colours by ansi_up. Both leave classes for the style sheet.
// Imports highlight.js and ansi_up.
import { AnsiUp } from "ansi_up";
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import typescript from "highlight.js/lib/languages/typescript";

for (const [name, grammar] of Object.entries({ bash, json, python, typescript })) hljs.registerLanguage(name, grammar);

/** `text` with nothing in it that HTML reads as markup. */
export const escapeHtml = (text) =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** A listing as HTML; plain where the language is not known. */
export function highlight(source, language = "typescript") {
  return hljs.getLanguage(language) ? hljs.highlight(source, { language }).value : escapeHtml(source);
}

/** Terminal text as HTML: SGR colours become classes, and a carriage return overwrites its line as on a terminal. */
export function renderAnsi(text) {
  const ansi = new AnsiUp();
  ansi.use_classes = true;
  ansi.url_allowlist = {};
  return ansi.ansi_to_html(text.replace(/\r+\n/g, "\n").replace(/^.*\r/gm, ""));
}
