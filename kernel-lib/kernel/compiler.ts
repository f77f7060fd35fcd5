// Cells in TypeScript to runnable code, with the declarations of earlier cells; completion and inspection.
// Imports typescript, translate and root.
import { join } from "node:path";
import type * as TypeScript from "@tslab/typescript-for-tslab";
import type { CompletionInfo, Converter, Diagnostic, SideOutput } from "tslab/dist/converter";
import { ownPackage, type Root } from "./root";
import type { Translation } from "./translate";
import { loadConverter, type PatchedConverter } from "./typescript";

export interface CompiledCell {
  readonly translation: Translation;
  /** The declarations that the next cell sees, once this one has succeeded. */
  readonly declarations: string;
  /** TypeScript files below the root that the cell imports and that were not yet translated. */
  readonly files: readonly { readonly path: string; readonly translation: Translation }[];
}

/** Raised where TypeScript refuses a cell. */
export class CompileError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[], readonly source: string) {
    const readable = diagnostics.map((one) => ({ ...one, messageText: withoutPaths(one.messageText) }));
    super(readable[0]?.messageText ?? "the cell does not compile");
    this.diagnostics = readable;
  }
}

/** A message in which the library and its types have their names in place of their files' paths. */
function withoutPaths(message: string): string {
  const inLibrary = /import\("[^"]*\/(?:kernel-lib|torchlab)\/dist\/([^"]*)"\)/.source;
  return message
    .replace(new RegExp(`${inLibrary}\\.`, "g"), "")
    .replace(new RegExp(inLibrary, "g"), 'import("torchlab")');
}

const moduleNotFound = 2307;

export class Compiler {
  private readonly patched: PatchedConverter;
  private running: Converter | undefined;

  constructor(private readonly root: Root) {
    const own = join(ownPackage, "dist", "index.d.ts");
    this.patched = loadConverter(root.hasLibrary ? {} : { paths: { torchlab: [own] } });
  }

  get typescriptVersion(): string {
    return this.patched.typescript.version;
  }

  /** @throws CompileError with what TypeScript says against the cell. */
  compile(declarations: string, source: string): CompiledCell {
    this.patched.translations.clear();
    const converted = this.guarded((converter) => converter.convert(declarations, source));
    if (converted.diagnostics.length > 0) {
      // The compiler remembers what it did not find, and folders are not watched: the next cell starts anew.
      if (converted.diagnostics.some(({ code }) => code === moduleNotFound)) this.discard();
      throw new CompileError(converted.diagnostics, source);
    }
    return {
      translation: this.translationOf(converted.output ?? ""),
      declarations: converted.declOutput ?? "",
      files: (converted.sideOutputs ?? []).map((file: SideOutput) => ({
        path: file.path,
        translation: this.translationOf(file.data),
      })),
    };
  }

  /** Registers the text of a cell that begins with `@module name` as an importable module. */
  addModule(name: string, source: string): void {
    const diagnostics = this.guarded((converter) => converter.addModule(name, source, { module: name }));
    if (diagnostics.length > 0) throw new CompileError(diagnostics, source);
  }

  /** Positions count UTF-16 units. */
  complete(declarations: string, source: string, position: number): CompletionInfo {
    return this.guarded((converter) => converter.complete(declarations, source, position));
  }

  /** Position counts UTF-16 units; undefined where there is nothing to say. */
  inspect(declarations: string, source: string, position: number): TypeScript.QuickInfo | undefined {
    return this.guarded((converter) => converter.inspect(declarations, source, position));
  }

  isComplete(source: string): { completed: boolean; indent?: string } {
    return this.patched.converter.isCompleteCode(source);
  }

  private translationOf(code: string): Translation {
    const translation = this.patched.translations.get(code);
    if (translation === undefined) throw new Error("the converter returned code that it did not translate");
    return translation;
  }

  /** A converter that failed half-way refuses all further work: it is replaced by a new one. */
  private guarded<T>(work: (converter: Converter) => T): T {
    const converter = this.running ??= this.start();
    try {
      return work(converter);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  private discard(): void {
    this.running?.close();
    this.running = undefined;
  }

  /**
   * tslab takes the working directory for TypeScript's root. The process itself stays in the notebook's folder,
   * where every Jupyter kernel reads and writes relative paths.
   */
  private start(): Converter {
    const folder = process.cwd();
    process.chdir(this.root.folder);
    try {
      return this.patched.converter.createConverter({});
    } finally {
      process.chdir(folder);
    }
  }
}
