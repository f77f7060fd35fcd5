// What a front end shows for an error: name, message and a traceback with the cell's lines.
// Imports compiler's and stack's types of errors and frames.
import { isAbsolute, relative } from "node:path";
import { types, inspect } from "node:util";
import type { Diagnostic } from "tslab/dist/converter";
import { CompileError } from "./compiler";
import { ownPackage } from "./root";
import { framesOf, type Frame } from "./stack";

/** The content of a Jupyter `error` message. */
export interface ErrorContent {
  readonly ename: string;
  readonly evalue: string;
  /** Pieces that front ends join by newlines; with ANSI colours. */
  readonly traceback: readonly string[];
}

const red = (text: string): string => `\x1b[31m${text}\x1b[39m`;
const bold = (text: string): string => `\x1b[1m${text}\x1b[22m`;
const gray = (text: string): string => `\x1b[90m${text}\x1b[39m`;

const linesBefore = 2;
const linesAfter = 2;
const shownCellFrames = 3;
const shownLibraryFrames = 4;
const shownDiagnostics = 5;
const shownCauses = 4;
const longestLine = 200;

/** @param cell the name that a compile error's cell has, such as `In[3]`. */
export function describeError(error: unknown, cell: string): ErrorContent {
  if (error instanceof CompileError) return describeCompileError(error, cell);
  const { ename, evalue } = nameAndMessage(error);
  return { ename, evalue, traceback: tracebackOf(error, 0) };
}

function nameAndMessage(error: unknown): { ename: string; evalue: string } {
  if (!isError(error)) {
    return { ename: "Thrown", evalue: safely(() => inspect(error), "a value that cannot be printed") };
  }
  const name = safely(() => String(error.name), "Error");
  const ownName = safely(() => String(error.constructor.name), "");
  return {
    ename: name === "Error" && ownName !== "" ? ownName : name,
    evalue: safely(() => String(error.message), "a message that cannot be read"),
  };
}

function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

function safely<T>(compute: () => T, otherwise: T): T {
  try {
    return compute();
  } catch {
    return otherwise;
  }
}

function tracebackOf(error: unknown, depth: number): string[] {
  const { ename, evalue } = nameAndMessage(error);
  const heading = `${bold(red(ename))}: ${evalue}`;
  if (!isError(error)) {
    return [heading, gray("The value thrown is no Error, so it does not know where it comes from.")];
  }
  const parts = [heading, ...frameLines(framesOf(error))];
  if (error instanceof AggregateError) {
    for (const inner of error.errors.slice(0, shownCauses)) {
      const { ename: name, evalue: message } = nameAndMessage(inner);
      parts.push(`  ${red(name)}: ${message}`);
    }
  }
  const cause = safely(() => error.cause, undefined);
  if (cause !== undefined && depth < shownCauses) {
    const [first, ...rest] = tracebackOf(cause, depth + 1);
    parts.push("", `Caused by ${first}`, ...rest);
  }
  return parts;
}

function frameLines(frames: readonly Frame[]): string[] {
  const parts: string[] = [];
  const cells = frames.filter((frame) => frame.cell !== undefined);
  let previous = "";
  let shown = 0;
  let hidden = 0;
  for (const { cell } of cells) {
    if (cell === undefined) continue;
    const place = `${cell.script.name}:${cell.line}`;
    // A recursion repeats one line without telling anything new.
    if (place === previous || shown === shownCellFrames) {
      hidden++;
      continue;
    }
    previous = place;
    const role = shown === 0 ? "" : "called from ";
    const caller = cell.caller === "" || cell.caller.startsWith("Timeout.") ? "" : `, in ${cell.caller}`;
    parts.push(`${role}${cell.script.name}, line ${cell.line}${caller}`);
    parts.push(codeFrame(cell.script.source ?? "", cell.line, cell.column, 1, shown === 0));
    shown++;
  }
  if (hidden > 0) parts.push(gray(`${hidden} more ${hidden === 1 ? "call" : "calls"} in cells`));

  const firstCell = frames.findIndex((frame) => frame.cell !== undefined);
  const inner = (firstCell < 0 ? frames : frames.slice(0, firstCell))
    .filter((frame) => !frame.text.includes("node:") && !frame.text.includes("(<anonymous>)"))
    .map((frame) => gray(`    at ${shorten(frame.text)}`));
  if (inner.length > 0) {
    parts.push(gray(firstCell < 0 ? "outside of cells:" : "further in:"));
    parts.push(...inner.slice(0, shownLibraryFrames));
  }
  return parts;
}

/** Paths as a reader knows them: the package's name and the path in it, or the path from the working directory. */
function shorten(text: string): string {
  return text.replace(/(?:file:\/\/)?((?:[A-Za-z]:[\\/]|\/)[^():]*)(?=:\d+:\d+)/, (_all, path: string) => {
    const packaged = /^.*[\\/]node_modules[\\/](.*)$/.exec(path);
    if (packaged !== null) return packaged[1];
    const own = relative(ownPackage, path);
    if (!own.startsWith("..") && !isAbsolute(own)) return `torchlab/${own}`;
    const local = relative(process.cwd(), path);
    return isAbsolute(local) ? path : local;
  });
}

/** The lines around a position, the place marked. Line and column count from 1. */
function codeFrame(source: string, line: number, column: number, length: number, context: boolean): string {
  const lines = source.split(/\r?\n/);
  const first = Math.max(1, context ? line - linesBefore : line);
  const last = Math.min(lines.length, context ? line + linesAfter : line);
  const width = String(last).length;
  const parts: string[] = [];
  for (let n = first; n <= last; n++) {
    const whole = lines[n - 1];
    const text = whole.length > longestLine ? `${whole.slice(0, longestLine)}…` : whole;
    const number = String(n).padStart(width);
    if (n !== line) {
      parts.push(gray(`    ${number} | ${text}`).trimEnd());
      continue;
    }
    parts.push(`  ${red(">")} ${number} | ${text}`);
    if (column > longestLine) continue;
    // Tabs stay, so that the mark stands below its place at any tab width.
    const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
    const room = Math.max(1, Math.min(length, text.length - column + 1));
    parts.push(`    ${" ".repeat(width)} | ${indent}${red("^".repeat(room))}`);
  }
  return parts.join("\n");
}

const syntaxCodes = 2000; // TypeScript numbers what its parser says from 1000 to 1999.

/** What a cell's author can do where TypeScript's own words do not tell. */
function hintFor({ code, messageText }: Diagnostic): string | undefined {
  if (code === 2323 || code === 2484) return "Cells share their top-level names by themselves: leave out `export`.";
  if (code === 2307 && messageText.includes("'.")) {
    return "Relative imports start at the project's root, the nearest folder whose node_modules has torchlab.";
  }
  return undefined;
}

function describeCompileError(error: CompileError, cell: string): ErrorContent {
  const syntax = error.diagnostics.filter((diagnostic) => diagnostic.code < syntaxCodes);
  const relevant = groupByPlace(syntax.length > 0 ? syntax : error.diagnostics);
  const ename = syntax.length > 0 ? "SyntaxError" : "TypeScriptError";
  const [first] = relevant;
  const evalue = `${first[0].messageText} (TS${first[0].code})`;
  const traceback: string[] = [];
  for (const [index, group] of relevant.slice(0, shownDiagnostics).entries()) {
    const [head, ...details] = group;
    const heading = `${head.messageText} (TS${head.code})`;
    traceback.push(index === 0 ? `${bold(red(ename))}: ${heading}` : red(heading));
    for (const detail of details) traceback.push(`  ${detail.messageText}`);
    traceback.push(placeOf(head, error.source, cell));
    const hint = hintFor(head);
    if (hint !== undefined) traceback.push(hint);
  }
  if (relevant.length > shownDiagnostics) {
    traceback.push(gray(`${relevant.length - shownDiagnostics} more errors in this cell`));
  }
  return { ename, evalue, traceback };
}

/** A message and its elaborations come one by one, with the same place; some come twice. */
function groupByPlace(diagnostics: readonly Diagnostic[]): Diagnostic[][] {
  const groups = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const key = `${diagnostic.fileName ?? ""}:${diagnostic.start.offset}:${diagnostic.end.offset}`;
    const group = groups.get(key) ?? [];
    if (!group.some((other) => other.messageText === diagnostic.messageText)) group.push(diagnostic);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function placeOf(diagnostic: Diagnostic, source: string, cell: string): string {
  const { start, end, fileName } = diagnostic;
  if (fileName !== undefined) return `${fileName}, line ${start.line + 1}`;
  // The converter appends a line of its own, at which it reports what is missing at the end.
  const lines = source.split(/\r?\n/);
  const beyond = start.line >= lines.length;
  const line = beyond ? lines.length : start.line + 1;
  const column = beyond ? lines[lines.length - 1].length + 1 : start.character + 1;
  const length = !beyond && end.line === start.line ? end.character - start.character : 1;
  return `${cell}, line ${line}\n${codeFrame(source, line, column, length, true)}`;
}
