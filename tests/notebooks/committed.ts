// What a committed notebook promises, and how an executed one is held against it. Imports Node's built-ins.
import assert from "node:assert/strict";

type MultilineText = string | string[];
type Bundle = Record<string, unknown>;

export interface Output {
  output_type: "stream" | "display_data" | "execute_result" | "error";
  name?: string;
  text?: MultilineText;
  data?: Bundle;
  ename?: string;
  evalue?: string;
}

export interface Cell {
  cell_type: "code" | "markdown" | "raw";
  source: MultilineText;
  metadata: { tags?: string[] };
  execution_count?: number | null;
  outputs?: Output[];
}

export interface Notebook {
  metadata: { kernelspec?: { name?: string } };
  cells: Cell[];
}

/** One output as it is compared. `kind` is what it is; `text` what it says; `figure` its Vega-Lite specification. */
interface Shown {
  kind: string;
  text: string;
  figure?: unknown;
}

const vegaLite = /^application\/vnd\.vegalite\.v\d+\+json$/;

/** @throws {Error} where the text is no notebook */
export function parseNotebook(text: string): Notebook {
  let parsed: Partial<Notebook>;
  try {
    parsed = JSON.parse(text) as Partial<Notebook>;
  } catch (error) {
    throw new Error(`is not a Jupyter notebook: ${(error as Error).message}`, { cause: error });
  }
  if (!Array.isArray(parsed.cells)) throw new Error("is not a Jupyter notebook: it has no cells");
  return { metadata: parsed.metadata ?? {}, cells: parsed.cells };
}

export function textOf(text: unknown): string {
  return Array.isArray(text) ? text.join("") : String(text ?? "");
}

function shown(output: Output): Shown {
  if (output.output_type === "stream") return { kind: `${output.name}`, text: textOf(output.text) };
  if (output.output_type === "error") return { kind: "error", text: `${output.ename}: ${output.evalue}` };
  const data = output.data ?? {};
  const types = Object.keys(data).sort();
  const figure = types.find((type) => vegaLite.test(type));
  return {
    kind: `${output.output_type} (${types.join(", ")})`,
    text: textOf(data["text/plain"]),
    // The SVG is not compared: it follows from the specification, and its digits from the drawing library.
    ...(figure !== undefined && { figure: data[figure] }),
  };
}

function shownBy(cell: Cell): Shown[] {
  return (cell.outputs ?? []).map(shown);
}

function asText(outputs: Shown[]): string {
  if (outputs.length === 0) return "(no output)";
  return outputs.map(({ kind, text }) => `[${kind}] ${text}`).join("\n");
}

function indented(text: string): string {
  return text.replace(/^/gm, "    ").trimEnd();
}

/**
 * Holds one executed code cell against the committed one: every output of the same kind, in the same order, with
 * the same text and the same figure. In a cell tagged `varies` only the kinds are compared, since it shows times.
 * @throws {Error} with the cell's source, what is committed and what came
 */
export function checkCell(committed: Cell, executed: Cell): void {
  const expected = shownBy(committed);
  const actual = shownBy(executed);
  const fail = (what: string): never => {
    const said = `is committed:\n${indented(asText(expected))}\n\n  came:\n${indented(asText(actual))}`;
    throw new Error(`${what}\n\n  cell:\n${indented(textOf(committed.source))}\n\n  ${said}\n`);
  };
  const tags = committed.metadata.tags ?? [];
  const raised = actual.find(({ kind }) => kind === "error");
  if (raised && !tags.includes("raises-exception")) fail(`raised ${raised.text}`);
  if (!raised && tags.includes("raises-exception")) fail("is tagged raises-exception and raised nothing");
  if (expected.length !== actual.length) fail(`has ${actual.length} outputs instead of ${expected.length}`);
  expected.forEach((output, i) => {
    if (actual[i].kind !== output.kind) fail(`output ${i + 1} is of another kind`);
    if (tags.includes("varies")) return;
    if (actual[i].text !== output.text) fail(`output ${i + 1} says something else`);
    try {
      assert.deepEqual(actual[i].figure, output.figure);
    } catch (difference) {
      fail(`output ${i + 1} is another figure\n${(difference as Error).message}`);
    }
  });
}

/** The first line of a cell that says something, short enough for a test's name. */
export function nameOf(cell: Cell): string {
  const lines = textOf(cell.source).split("\n").map((line) => line.trim());
  const line = lines.find((text) => text !== "" && !text.startsWith("import ")) ?? lines[0];
  return line.length > 70 ? `${line.slice(0, 69)}…` : line;
}
