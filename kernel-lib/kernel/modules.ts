// What a cell's `require` (that is, its imports) resolves to. Imports root, stack and translate.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runInThisContext } from "node:vm";
import { ownPackage, type Root } from "./root";
import { registerScript } from "./stack";
import type { Translation } from "./translate";

interface FileModule {
  exports: unknown;
}

type ModuleFunction = (
  exports: unknown, require: (id: string) => unknown, module: FileModule, filename: string, folder: string) => void;

export class Modules {
  /** TypeScript files below the root, by the path of the JavaScript file that they would become. */
  private readonly translations = new Map<string, Translation>();
  private readonly loaded = new Map<string, FileModule>();

  /** @param tslab what `import "tslab"` gives */
  constructor(private readonly root: Root, private readonly tslab: () => unknown) {}

  /** Takes a new or changed file; it is run anew at its next import. */
  add(path: string, translation: Translation): void {
    this.translations.set(path, translation);
    this.loaded.delete(path);
  }

  /** The `require` of code in a folder. */
  requireFrom(folder: string): (id: string) => unknown {
    const native = createRequire(join(folder, "cell.js"));
    return (id) => {
      if (id === "tslab") return this.tslab();
      if (id === "torchlab" && !this.root.hasLibrary) return native(ownPackage);
      const path = /^\.{0,2}\//.test(id) ? this.find(join(folder, id)) : undefined;
      return path === undefined ? native(id) : this.load(path);
    };
  }

  private find(path: string): string | undefined {
    return [path, `${path}.js`, join(path, "index.js")].find((candidate) => this.translations.has(candidate));
  }

  private load(path: string): unknown {
    const known = this.loaded.get(path);
    if (known !== undefined) return known.exports;
    const translation = this.translations.get(path);
    if (translation === undefined) throw new Error(`${path} was not translated`);
    const module: FileModule = { exports: {} };
    this.loaded.set(path, module);
    registerScript({ name: path.replace(/\.js$/, ".ts"), translation });
    try {
      const run = runInThisContext(
        `(function (exports, require, module, __filename, __dirname) { "use strict";\n${translation.code}\n})`,
        { filename: path.replace(/\.js$/, ".ts"), lineOffset: -1 },
      ) as ModuleFunction;
      run(module.exports, this.requireFrom(dirname(path)), module, path, dirname(path));
    } catch (error) {
      this.loaded.delete(path);
      throw error;
    }
    return module.exports;
  }
}
