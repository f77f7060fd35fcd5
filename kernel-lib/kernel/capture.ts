// Process-wide redirections: standard output and error to the cell, process.exit to an error. Imports failures.
import { StringDecoder } from "node:string_decoder";
import { ProcessExit } from "./failures";

/** Writes to the real standard error, which a Jupyter server shows in its own log. */
export const log: (text: string) => void = (() => {
  const write = process.stderr.write.bind(process.stderr);
  return (text) => { write(`${text}\n`); };
})();

/** Leaves for good; cells get an error from `process.exit` instead. */
export const exitProcess: (code: number) => never = process.exit.bind(process);

/** Sends what is written to standard output and error to `write`, which answers whether it took it. */
export function captureStreams(write: (name: "stdout" | "stderr", text: string) => boolean): void {
  // Plain text wherever the kernel was started from, so that outputs can be compared.
  delete process.env.FORCE_COLOR;
  for (const name of ["stdout", "stderr"] as const) {
    const stream = process[name];
    const original = stream.write.bind(stream);
    const decoder = new StringDecoder("utf8");
    stream.isTTY = false;
    stream.write = ((chunk: string | Uint8Array, encoding?: unknown, done?: unknown) => {
      const text = typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk));
      if (!write(name, text)) return original(text);
      const callback = typeof encoding === "function" ? encoding : done;
      if (typeof callback === "function") process.nextTick(callback);
      return true;
    });
  }
}

/** Makes `process.exit` throw; `notify` hears of it even where the cell catches what was thrown. */
export function captureExit(notify: (error: ProcessExit) => void): void {
  process.exit = ((code?: unknown) => {
    const error = new ProcessExit(code);
    notify(error);
    throw error;
  });
}
