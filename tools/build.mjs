// Builds the library and the kernel into kernel-lib/dist.
// Imports Node's built-ins and the project's TypeScript only.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { filesUnder, hashOf, readStamp, removeStamp, writeStamp } from "./setup/files.mjs";
import { dist, nodeModules, root } from "./setup/paths.mjs";

// The kernel's folder lies beside the library's and its output inside the library's.
const projects = [
  { folder: join("kernel-lib"), sources: join("kernel-lib", "src"), output: dist },
  { folder: join("kernel-lib", "kernel"), sources: join("kernel-lib", "kernel"), output: join(dist, "kernel") },
];

// Sources that follow from others: made first, and not counted among the sources.
const generator = join(root, "kernel-lib", "generate.mjs");
const generated = join(root, "kernel-lib", "src", "generated");

function sourcesKey() {
  const lib = join(root, "kernel-lib");
  const files = [
    ...filesUnder(join(lib, "src")).filter((file) => !file.startsWith(generated)),
    ...filesUnder(join(lib, "kernel")),
    join(lib, "tsconfig.json"),
    generator,
    join(root, "tools", "build.mjs"),
    join(nodeModules, "typescript", "package.json"),
  ];
  return hashOf(root, files.filter(existsSync));
}

/** Whether dist is what the present sources build. */
export function isBuilt() {
  return readStamp(dist)?.key === sourcesKey();
}

function build() {
  const key = sourcesKey();
  // No stamp: the last build was interrupted, and the compiler's record may vouch for files that are not there.
  if (readStamp(dist) === undefined) {
    for (const { output } of projects) rmSync(join(output, ".tsbuildinfo"), { force: true });
  }
  removeStamp(dist);
  const { status } = spawnSync(process.execPath, [generator], { cwd: root, stdio: "inherit" });
  if (status !== 0) return status ?? 1;
  const tsc = join(nodeModules, "typescript", "bin", "tsc");
  for (const { folder } of projects) {
    const { status } = spawnSync(process.execPath, [tsc, "-p", folder], { cwd: root, stdio: "inherit" });
    if (status !== 0) return status ?? 1;
  }
  removeLeftovers();
  writeStamp(dist, { key });
  return 0;
}

// The output of a source that is gone would still be imported, and hide that it is gone.
function removeLeftovers() {
  for (const { sources, output } of projects) {
    const others = projects.map((other) => other.output).filter((other) => other !== output);
    const inner = others.filter((other) => other.startsWith(output));
    for (const file of filesUnder(output)) {
      const stem = file.slice(output.length + 1).match(/^(.*?)(\.d\.ts|\.js)(\.map)?$/)?.[1];
      if (stem === undefined || inner.some((folder) => file.startsWith(folder))) continue;
      if (!existsSync(join(root, sources, `${stem}.ts`))) rmSync(file);
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = build();
