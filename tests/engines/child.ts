// Running scripts in processes of their own, with the library, and with parts of it missing.
// Imports Node's built-ins only.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "..", "..");
const lib = join(root, "kernel-lib");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Settings {
  readonly env?: NodeJS.ProcessEnv;
  /** Where the library lies. Default: the one that is tested here. */
  readonly library?: string;
  /** Told the process and each piece of its output. */
  readonly onOutput?: (kill: (signal: NodeJS.Signals) => void, text: string) => void;
}

/** Runs a script in which `pt` is the library; TORCHLAB_ENGINE and TensorFlow's settings are only what `env` has. */
export function runScript(script: string, { env = {}, library = lib, onOutput }: Settings = {}): Promise<Ended> {
  const { TORCHLAB_ENGINE: _engine, ...rest } = process.env;
  const code = `const pt = require(${JSON.stringify(library)});\n${script}`;
  const child = spawn(process.execPath, ["-e", code], { cwd: tmpdir(), env: { ...rest, ...env } });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk: Buffer) => {
      said[name] += chunk.toString();
      onOutput?.((signal) => child.kill(signal), said[name]);
    });
  }
  return new Promise((done) => child.on("close", (code, signal) => done({ code, signal, ...said })));
}

/** What a script prints as JSON, last. @throws where it fails */
export async function evaluate<R>(script: string, settings?: Settings): Promise<R> {
  const { code, stdout, stderr } = await runScript(script, settings);
  if (code !== 0) throw new Error(`the script ended with ${code}:\n${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as R;
}

/** What TensorFlow itself says when it is loaded, which is no part of what is tested. */
const isTensorFlows = (line: string): boolean => /absl::InitializeLog|oneDNN custom operations/.test(line);

export const linesOf = (text: string): string[] => text.split("\n").filter((line) => line !== "" && !isTensorFlows(line));

/** A part of the library's surroundings to leave out or to spoil. */
export type Without = "tensorflow" | "tensorflowAddon" | "brokenTensorflowAddon" | "wasm" | "addon";

/** A copy of the library in a folder of its own, its packages linked, but for `without`. */
export function copyWithout(...without: readonly Without[]): { library: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "torchlab-copy-"));
  const packages = join(folder, "node_modules");
  const library = join(packages, "torchlab");
  mkdirSync(join(packages, "@tensorflow"), { recursive: true });
  cpSync(join(lib, "dist"), join(library, "dist"), { recursive: true });
  cpSync(join(lib, "package.json"), join(library, "package.json"));
  if (!without.includes("addon")) cpSync(join(lib, "native"), join(library, "native"), { recursive: true });
  const from = join(root, "node_modules");
  linkAll(from, packages, ["torchlab", "@tensorflow"]);
  const scoped = join(packages, "@tensorflow");
  const whole = !without.some((part) => part.toLowerCase().includes("tensorflow"));
  linkAll(join(from, "@tensorflow"), scoped, [
    ...(whole ? [] : ["tfjs-node-gpu"]), ...(without.includes("wasm") ? ["tfjs-backend-wasm"] : []),
  ]);
  if (!whole && !without.includes("tensorflow")) {
    const copy = join(scoped, "tfjs-node-gpu");
    mkdirSync(copy);
    linkAll(join(from, "@tensorflow", "tfjs-node-gpu"), copy, ["lib", "dist", "package.json"]);
    for (const part of ["dist", "package.json"]) {
      cpSync(join(from, "@tensorflow", "tfjs-node-gpu", part), join(copy, part), { recursive: true });
    }
    if (without.includes("brokenTensorflowAddon")) {
      mkdirSync(join(copy, "lib", "napi-v8"), { recursive: true });
      writeFileSync(join(copy, "lib", "napi-v8", "tfjs_binding.node"), "not a library");
    }
  }
  return { library, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function linkAll(from: string, to: string, except: readonly string[]): void {
  for (const name of readdirSync(from)) {
    if (!except.includes(name)) symlinkSync(join(from, name), join(to, name), "junction");
  }
}
