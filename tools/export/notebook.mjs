// Reads notebook files (nbformat 4) and refuses a broken one, naming the file and the place.
// Imports Node's built-ins only.
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** What is wrong with a notebook, in one line that begins with its file and, where it applies, its cell. */
export class NotebookError extends Error {}

/** nbformat keeps long strings as lists of lines. */
export const joined = (text) => (Array.isArray(text) ? text.join("") : text);

const isString = (value) => typeof value === "string";
const isText = (value) => isString(value) || (Array.isArray(value) && value.every(isString));
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** The paths of a folder's notebooks, in the order of their numbers ("6.2" before "6.10"). */
export function notebooksIn(folder) {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ipynb"))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .map((file) => join(folder, file));
}

/**
 * The notebook at `path`: `{ path, name, cells }`, where a cell is
 * `{ number, type, source, tags, attachments, executionCount, outputs }` and `number` counts from 1.
 *
 * @throws NotebookError where the file is not JSON or not nbformat 4, or where a cell or an output is malformed
 */
export function readNotebook(path) {
  const file = basename(path);
  const refuse = (why) => {
    throw new NotebookError(`${file}: not a valid notebook: ${why}`);
  };
  let content;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    refuse(error.message.replaceAll("\n", " "));
  }
  if (!isObject(content) || content.nbformat !== 4) refuse(`nbformat is ${content?.nbformat}, not 4`);
  if (!Array.isArray(content.cells)) refuse("it has no list of cells");
  const cells = content.cells.map((cell, index) => {
    const number = index + 1;
    if (!["markdown", "code", "raw"].includes(cell?.cell_type)) {
      refuse(`cell ${number} is of type ${JSON.stringify(cell?.cell_type)}`);
    }
    if (!isText(cell.source)) refuse(`cell ${number} has no source text`);
    const outputs = cell.cell_type === "code" ? cell.outputs : [];
    if (!Array.isArray(outputs)) refuse(`cell ${number} has no list of outputs`);
    outputs.forEach((output, i) => {
      if (!isOutput(output)) refuse(`output ${i + 1} of cell ${number} is malformed`);
    });
    return {
      number,
      type: cell.cell_type,
      source: joined(cell.source),
      tags: cell.metadata?.tags ?? [],
      attachments: cell.attachments ?? {},
      executionCount: cell.execution_count ?? null,
      outputs,
    };
  });
  return { path, name: basename(path, ".ipynb"), cells };
}

function isOutput(output) {
  switch (output?.output_type) {
    case "stream":
      return isText(output.text);
    case "error":
      return Array.isArray(output.traceback);
    case "display_data":
    case "execute_result":
      return isObject(output.data);
    default:
      return false;
  }
}
