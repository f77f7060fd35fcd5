// Runs commands that cannot outlive this process, with progress for the long ones.
// Imports Node's built-ins only.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const supervisor = join(dirname(fileURLToPath(import.meta.url)), "supervise.mjs");

/** An error whose message is meant for the person at the terminal: printed as it is, without a stack. */
export class PlainError extends Error {}

/**
 * Runs `command` to its end, whatever becomes of this process.
 * `onLine(line, stream)` receives every line of its output.
 * An aborted `signal` ends the command and all that it started.
 * Resolves to { code, tail }: tail is the last lines of both streams.
 */
export function run(command, args, { cwd, env = process.env, onLine = () => {}, tailLines = 25, signal } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [supervisor, command, ...args], {
      cwd,
      env,
      stdio: ["pipe", "pipe", "pipe"],
      // A group of its own, so that the supervisor can end everything in it.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    const tail = [];
    for (const stream of ["stdout", "stderr"]) {
      createInterface({ input: child[stream] }).on("line", (line) => {
        tail.push(line);
        if (tail.length > tailLines) tail.shift();
        onLine(line, stream);
      });
    }
    child.stdin.on("error", () => {});
    signal?.addEventListener("abort", () => child.stdin.end());
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, tail }));
  });
}

/** "7 s", "2 min 5 s". */
export function elapsed(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Says that `work` is under way, again every five seconds with how far it is, and when it is done. */
export async function withProgress(label, work, say = console.log, howFar = elapsed) {
  const start = Date.now();
  say(`${label} …`);
  const timer = setInterval(() => say(`${label} … ${howFar(Date.now() - start)}`), 5000);
  try {
    const result = await work();
    say(`${label}: done in ${elapsed(Date.now() - start)}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

/** Runs `main` and ends the process: a PlainError is one clear message, anything else shows its stack. */
export async function mainProgram(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof PlainError ? error.message : error);
    process.exit(1);
  }
}
