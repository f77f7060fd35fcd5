// A C++ compiler: the machine's own, else one from a wheel. Imports Node's built-ins only.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, withProgress } from "../child.mjs";
import { zigSetFor } from "./machine.mjs";
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
