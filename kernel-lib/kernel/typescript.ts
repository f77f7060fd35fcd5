// The TypeScript that tslab bundles, with what cells need changed in it. Imports tslab's converter.
import { createRequire } from "node:module";
import type * as TypeScript from "@tslab/typescript-for-tslab";
import type * as Converter from "tslab/dist/converter";
import { qualifyEarlierNames } from "./qualify";
import { translate, type Translation } from "./translate";

type CreateWatchCompilerHost = (
  rootFiles: string[],
  options: TypeScript.CompilerOptions,
  system: TypeScript.System,
  createProgram: TypeScript.CreateProgram<TypeScript.EmitAndSemanticDiagnosticsBuilderProgram> | null | undefined,
  ...reporters: unknown[]
) => WatchHost;

type WatchHost = Pick<TypeScript.WatchHost, "watchFile" | "watchDirectory">;

export interface PatchedConverter {
  readonly converter: typeof Converter;
  readonly typescript: typeof TypeScript;
  /** What the emitted texts of the last conversion stand for, by the text itself. */
  readonly translations: Map<string, Translation>;
}

/**
 * Loads tslab's converter with a strict compiler that keeps source maps.
 *
 * tslab hard-codes its options and calls the compiler through the module's exports, which are getters and cannot be
 * assigned. So a copy of these exports, two functions replaced, stands in the require cache while tslab loads.
 *
 * @param extra compiler options beyond the fixed ones
 */
export function loadConverter(extra: TypeScript.CompilerOptions): PatchedConverter {
  const load = createRequire(require.resolve("tslab/dist/converter"));
  const path = load.resolve("@tslab/typescript-for-tslab");
  const typescript = load(path) as typeof TypeScript;
  const loaded = load.cache[path];
  if (loaded === undefined) throw new Error("the TypeScript of tslab is not in the require cache");
  const translations = new Map<string, Translation>();

  const createWatchCompilerHost = typescript.createWatchCompilerHost as unknown as CreateWatchCompilerHost;
  const createProgram: TypeScript.CreateProgram<TypeScript.EmitAndSemanticDiagnosticsBuilderProgram> = (...args) => {
    const builder = typescript.createEmitAndSemanticDiagnosticsBuilderProgram(...args);
    const emit = builder.emit.bind(builder);
    builder.emit = (file, write, token, onlyDeclarations, transformers) =>
      emit(file, write, token, onlyDeclarations, {
        ...transformers,
        before: [qualifyEarlierNames(typescript, builder.getProgram().getTypeChecker())],
      });
    return builder;
  };

  loaded.exports = {
    ...typescript,
    createWatchCompilerHost: ((rootFiles, options, system, _createProgram, ...reporters) => {
      const host = createWatchCompilerHost(
        rootFiles,
        {
          ...options,
          strict: true,
          // The executor adds "use strict" itself; here it would shift lines.
          alwaysStrict: false,
          inlineSourceMap: true,
          // All of node_modules/@types would be loaded otherwise, globals of test runners included.
          types: ["node"],
          ...extra,
        },
        system,
        createProgram,
        ...reporters,
      );
      return Object.assign(host, watchOwnFilesOnly(host));
    }) satisfies CreateWatchCompilerHost,
    transpileModule: (js: string, options: TypeScript.TranspileOptions) => {
      const translation = translate(typescript, js, options);
      translations.set(translation.code, translation);
      return { outputText: translation.code };
    },
  };
  try {
    const converter = load("./converter") as typeof Converter;
    return { converter, typescript, translations };
  } finally {
    loaded.exports = typescript;
  }
}

/**
 * Watches TypeScript sources alone. What is in node_modules, and every built library, stays as it was when the kernel
 * loaded it, just as its code does. Watching whole folders costs seconds at the start, and a change there makes
 * TypeScript set a second timer, at which tslab throws.
 */
function watchOwnFilesOnly(host: WatchHost): WatchHost {
  const unwatched = { close: () => {} };
  const watchFile = host.watchFile.bind(host);
  return {
    watchFile: (path, ...rest) => {
      const isCell = /\/(__tslab__\.ts|__prev__\.d\.ts)$/.test(path);
      const isSource = /\.tsx?$/.test(path) && !path.endsWith(".d.ts") && !path.includes("/node_modules/");
      return isCell || isSource ? watchFile(path, ...rest) : unwatched;
    },
    watchDirectory: () => unwatched,
  };
}
