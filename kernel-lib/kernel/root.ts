// Finds the folder that cells import from. Imports Node's built-ins only.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The package that this kernel belongs to: the folder above dist/kernel. */
export const ownPackage = resolve(__dirname, "..", "..");

export interface Root {
  /** Relative imports of a cell start here, and bare ones are looked up from here upwards. */
  readonly folder: string;
  /** Whether `import "torchlab"` resolves from there; if not, the kernel's own package serves. */
  readonly hasLibrary: boolean;
}

/** The nearest folder from `start` upwards whose node_modules has the library; `start` itself where none has. */
export function findRoot(start: string): Root {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "node_modules", "torchlab", "package.json"))) return { folder, hasLibrary: true };
    if (dirname(folder) === folder) return { folder: start, hasLibrary: false };
  }
}
