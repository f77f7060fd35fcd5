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

/** How what a cell shows is compared. */
export interface Comparison {
  text(actual: string, expected: string): boolean;
  /** @throws {Error} where they differ */
  figure(actual: unknown, expected: unknown): void;
}

const exactly: Comparison = {
  text: (actual, expected) => actual === expected,
  figure: (actual, expected) => assert.deepEqual(actual, expected),
};

const NUMBER = /-?\d+(?:\.\d*)?(?:e[+-]?\d+)?/g;

/** One in the last place of a number as it is written: "1.50" → 0.01, "2.5e-7" → 1e-8. */
function lastPlace(written: string): number {
  const [, fraction = "", exponent = "0"] = /^-?\d+\.?(\d*)(?:e([+-]?\d+))?$/.exec(written)!;
  return 10 ** (Number(exponent) - fraction.length);
}

/**
 * Drawn paths carry rounding on: one that swings or grows takes that of its high points to its low ones, and one that
 * runs away by design (lr 0.12 in 6.2, momentum 1 in 6.3) makes it three times as large on its way.
 */
const DRAWN = 3;

/** The greatest magnitude of each field in a figure's rows, and of what else has numbers in an array. */
function scalesOf(rows: readonly unknown[]): Bundle {
  const scales: Record<string, number> = {};
  for (const row of rows) {
    for (const [field, value] of Object.entries((row ?? {}) as Bundle)) {
      if (typeof value === "number") scales[field] = Math.max(scales[field] ?? 0, Math.abs(value));
    }
  }
  return scales;
}

/**
 * The same words and figures, and numbers no farther apart than `tolerance`: beside 1 or their own size where they are
 * written; where they are drawn, beside the greatest of their column, and DRAWN times as far.
 */
export function within(tolerance: number): Comparison {
  const close = (a: number, b: number, scale = 1): boolean =>
    Math.abs(a - b) <= tolerance * Math.max(scale, Math.abs(b));
  // A number that lies between two printed ones may come out as either.
  const written = (a: string, b: string): boolean =>
    a === b || close(Number(a), Number(b)) || Math.abs(Number(a) - Number(b)) < 1.5 * lastPlace(b);
  const compare = (actual: unknown, expected: unknown, path: string, scale?: unknown): void => {
    if (typeof actual === "number" && typeof expected === "number") {
      assert.ok(close(actual, expected, DRAWN * Math.max(1, typeof scale === "number" ? scale : 0)), `${path}: ${actual} instead of ${expected}`);
    } else if (typeof actual === "object" && typeof expected === "object" && actual && expected) {
      assert.deepEqual(Object.keys(actual), Object.keys(expected), path);
      const scales = Array.isArray(expected) ? scalesOf(expected) : scale;
      for (const key of Object.keys(expected)) {
        const own = Array.isArray(expected) ? scales : (scales as Bundle | undefined)?.[key];
        compare((actual as Bundle)[key], (expected as Bundle)[key], `${path}.${key}`, own);
      }
    } else assert.equal(actual, expected, path);
  };
  return {
    text(actual, expected) {
      if (actual.replace(NUMBER, "#") !== expected.replace(NUMBER, "#")) return false;
      const [ours, theirs] = [actual, expected].map((text) => text.match(NUMBER) ?? []);
      return theirs.every((number, i) => written(ours[i], number));
    },
    figure: (actual, expected) => compare(actual, expected, "figure"),
  };
}

/**
 * Holds one executed code cell against the committed one: every output of the same kind, in the same order, with
 * the same text and the same figure, as `comparison` has it. In a cell tagged `varies` only the kinds are compared,
 * since it shows times.
 * @throws {Error} with the cell's source, what is committed and what came
 */
export function checkCell(committed: Cell, executed: Cell, comparison = exactly): void {
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
    if (!comparison.text(actual[i].text, output.text)) fail(`output ${i + 1} says something else`);
    try {
      comparison.figure(actual[i].figure, output.figure);
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
