// A peer that is a process of its own and answers JSON lines, as pytorch.py says.
// Imports Node's built-ins and set-up's errors.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { PlainError } from "../../tools/setup/child.mjs";

/**
 * Starts the process; it ends when `close` is called, and when this process is gone, since its stdin closes then.
 * An answer that does not come because the process has ended rejects with a PlainError that shows its last words.
 * @returns a peer as measure.mjs wants it, with `ask(request)` and `close()`
 */
export function processPeer(name, command, args, env = process.env) {
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
  const lastWords = [];
  let ended;
  // One request is under way at a time.
  let waiting;

  createInterface({ input: child.stderr }).on("line", (line) => {
    lastWords.push(line);
    if (lastWords.length > 15) lastWords.shift();
  });
  createInterface({ input: child.stdout }).on("line", (line) => waiting?.resolve(JSON.parse(line)));
  child.stdin.on("error", () => {});
  const end = (how) => {
    ended ??= new PlainError([`${name} (${command}) ${how}`, ...lastWords].join("\n"));
    waiting?.reject(ended);
  };
  child.on("error", ({ message }) => end(`did not start: ${message}`));
  child.on("close", (code, signal) => end(`ended by itself (${signal ?? `exit ${code}`}). Its last lines:`));

  async function ask(request) {
    if (ended) throw ended;
    const answer = new Promise((resolve, reject) => (waiting = { resolve, reject }));
    child.stdin.write(`${JSON.stringify(request)}\n`);
    try {
      return await answer;
    } finally {
      waiting = undefined;
    }
  }

  return {
    name,
    ask,
    prepare: async (row) => (await ask({ do: "prepare", row })).value ?? undefined,
    time: async (row, count) => (await ask({ do: "time", row, count })).micros,
    close: () => child.stdin.end(),
  };
}
