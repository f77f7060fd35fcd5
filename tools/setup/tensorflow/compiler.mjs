// A C++ compiler: the machine's own, else one from a wheel. Imports Node's built-ins only.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { run, withProgress } from "../child.mjs";
import { zigSetFor } from "./machine.mjs";
import { lastWords, Trouble } from "./trouble.mjs";
import { obtainWheels } from "./wheels.mjs";

/** The commands of the machine's C++ compilers that answer, the person's own choice first. */
export function compilersHere(env = process.env, { platform = process.platform, answers = commandAnswers } = {}) {
  // macOS has stand-ins that open a window until Apple's tools are installed.
  const hasTools = platform !== "darwin" || answers(["xcode-select", "-p"]);
  const named = hasTools ? [["c++"], ["g++"], ["clang++"]] : [];
  const chosen = env.CXX ? [env.CXX.trim().split(/\s+/)] : [];
  return [...chosen, ...named].filter((command) => answers(command[0] === "xcode-select" ? command : [...command, "--version"]));
}

function commandAnswers([command, ...args]) {
  return spawnSync(command, args, { stdio: "ignore", timeout: 20_000, windowsHide: true }).status === 0;
}

/** Arguments of any compiler that make an addon for Node of what else it is given. */
export function sharedLibrary({ nodeHeaders, platform }) {
  const shared = platform === "darwin" ? ["-shared", "-undefined", "dynamic_lookup"] : ["-shared", "-fPIC"];
  return ["-O2", ...shared, "-I", nodeHeaders];
}

/**
 * Has a compiler carry out `args`: the machine's own in turn, else the one that `obtainZig` brings, where it is given.
 * `what` names the product. @throws {Trouble} where none does
 */
export async function compile(args, { what, folder, env = process.env, say, obtainZig }) {
  const problems = [];
  const attempt = async ([program, ...first], extra) => {
    try {
      await withProgress(`${what} (${basename(program)})`, async () => {
        const { code, tail } = await run(program, [...first, ...args], { cwd: folder, env: { ...env, ...extra } });
        if (code !== 0) throw new Trouble(`${program}: ${firstError(tail)}`);
      }, say);
      return true;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      problems.push(error.why);
      return false;
    }
  };
  for (const command of compilersHere(env)) {
    if (await attempt(command)) return;
  }
  let lasting = true;
  if (obtainZig !== undefined) {
    try {
      const zig = await obtainZig();
      if (await attempt(zig.command, zig.env)) return;
    } catch (error) {
      problems.push(`ziglang: ${error.message}`);
      lasting = error.lasting === true;
    }
  }
  const why = `it could not be compiled (${problems.join("; ") || "there is no compiler"})`;
  throw new Trouble(why, "install a C++ compiler (Debian, Ubuntu: sudo apt install g++)", { lasting });
}

function firstError(tail) {
  return (tail.find((line) => /error/i.test(line)) ?? lastWords(tail)).trim();
}

/** Fetches Zig, whose one program is a C++ compiler with its own headers and libraries: { command, env, remove }. */
export async function obtainZig(machine, places, { python, say, patience }) {
  const folder = join(places.cache, "zig");
  const label = "A C++ compiler (ziglang, 94 MB), since this machine has none that serves";
  await obtainWheels(zigSetFor(machine), folder, { lists: places.lists, python, say, label, patience });
  const cache = join(folder, "cache");
  // The oldest glibc that TensorFlow's wheels run on, so that the addon runs wherever they do.
  const target = zigTargets[`${machine.platform}-${machine.arch}`];
  return {
    command: [join(folder, "ziglang", "zig"), "c++", ...(target ? ["-target", target] : [])],
    env: { ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache },
    // 0.5 GB that are used once.
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const zigTargets = { "linux-x64": "x86_64-linux-gnu.2.27", "linux-arm64": "aarch64-linux-gnu.2.27" };

/**
 * Has Zig compile its C++ library, which it does before its first program and keeps: most of a minute, for which
 * nothing need have been installed yet. That it fails is seen when it is needed.
 */
export async function warmUp(zig, places, say) {
  const source = join(places.cache, "zig", "first.cc");
  writeFileSync(source, '#include <string>\nextern "C" int size(const char* text) { return std::string(text).size(); }\n');
  const args = ["-O2", "-std=c++17", "-shared", "-fPIC", source, "-o", join(places.cache, "zig", "first.so")];
  const [program, ...first] = zig.command;
  await withProgress("The compiler's C++ library", () =>
    run(program, [...first, ...args], { env: { ...process.env, ...zig.env } }), say);
}
