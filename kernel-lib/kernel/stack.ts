// Stack traces in the cells' own TypeScript lines. Imports translate's types only.
import type { Translation } from "./translate";

/** A piece of code that the executor runs under a name of its own. */
export interface Script {
  /** What a stack trace calls it: `In[3]` for a cell, the path for a file. */
  readonly name: string;
  readonly translation: Translation;
  /** A cell's text. */
  readonly source?: string;
}

export interface Frame {
  /** As V8 prints it, positions mapped: `f (In[3]:2:5)`. */
  readonly text: string;
  /** For a frame in a cell. */
  readonly cell?: { readonly script: Script; readonly line: number; readonly column: number; readonly caller: string };
}

const scripts = new Map<string, Script>();

/** Deep enough that a cell's frame is still there below a library's own. */
const keptFrames = 50;

const ownFolder = __dirname;

export function registerScript(script: Script): void {
  scripts.set(script.name, script);
}

/** From now on `error.stack` names cells and TypeScript lines, without the kernel's own frames. */
export function installStackMapping(): void {
  Error.stackTraceLimit = keptFrames;
  Error.prepareStackTrace = (error, sites) => {
    let last = sites.length - 1;
    while (last >= 0 && !scripts.has(sites[last].getFileName() ?? "")) last--;
    const shown = (last < 0 ? sites : sites.slice(0, last + 1))
      .filter((site) => !(site.getFileName() ?? "").startsWith(ownFolder));
    return [heading(error), ...shown.map((site) => `    at ${mapped(site)}`)].join("\n");
  };
}

function heading(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

function mapped(site: NodeJS.CallSite): string {
  const text = String(site);
  const file = site.getFileName() ?? "";
  const script = scripts.get(file);
  const line = site.getLineNumber();
  const column = site.getColumnNumber();
  if (script === undefined || line === null || column === null) return text;
  const original = script.translation.originalPosition(line - 1, column - 1);
  const place = original === undefined ? script.name : `${script.name}:${original.line + 1}:${original.column + 1}`;
  return text.replace(`${file}:${line}:${column}`, place);
}

/** The frames in an error's stack, innermost first. */
export function framesOf(error: Error): Frame[] {
  const stack = typeof error.stack === "string" ? error.stack : "";
  const frames: Frame[] = [];
  for (const entry of stack.split("\n")) {
    const text = /^ {4}at (.*)$/.exec(entry)?.[1];
    if (text === undefined) continue;
    const place = /^(?:(.*?) ?\()?(?:async )?(In\[[^\]]+\]):(\d+):(\d+)\)?$/.exec(text);
    const script = place === null ? undefined : scripts.get(place[2]);
    if (place === null || script === undefined) {
      frames.push({ text });
      continue;
    }
    const caller = (place[1] ?? "").replace(/^async /, "").replace(/^(?:Object\.)?<anonymous>$/, "");
    frames.push({ text, cell: { script, line: Number(place[3]), column: Number(place[4]), caller } });
  }
  return frames;
}
