// Runs cells: compiles, evaluates, keeps their names for later cells. Imports compiler, modules, run and stack.
import { runInThisContext } from "node:vm";
import { getCodeMetadata } from "tslab/dist/metadata";
import type { Compiler } from "./compiler";
import { Interrupted } from "./failures";
import type { Modules } from "./modules";
import type { CellRun } from "./run";
import { registerScript } from "./stack";
import { cellParameter } from "./translate";

type Binding = [get: () => unknown, set?: (value: unknown) => void];

/** What a cell's code sees of its execution; `translate.ts` writes the uses. */
interface CellLink {
  value: unknown;
  declare(bindings: Readonly<Record<string, Binding>>): void;
  resume<T>(value: T): T;
}

type CellFunction = (exports: object, require: (id: string) => unknown, cell: CellLink) => unknown;

/** Where the few characters that run under the SIGINT watch find the function to call. */
const entry = Symbol.for("torchlab.kernel.entry");
const callEntry = `globalThis[Symbol.for("torchlab.kernel.entry")]()`;

export class Executor {
  /** The declarations of all cells that succeeded, as TypeScript. */
  declarations = "";
  /** Their values. A variable is an accessor to the local variable of the cell that declared it. */
  private readonly names = {};
  private readonly require: (id: string) => unknown;

  constructor(private readonly compiler: Compiler, private readonly modules: Modules, folder: string) {
    this.require = modules.requireFrom(folder);
  }

  /**
   * Runs a cell to its end.
   *
   * An endless synchronous loop is left by SIGINT, but only up to the cell's first `await`: Node watches for the signal
   * only inside the call that started the code. After an await, SIGINT is heard when the event loop turns next.
   *
   * @returns the value of the cell's last expression, in an object, lest a promise be awaited on its way
   * @throws whatever the cell throws, CompileError, Interrupted
   */
  async run(source: string, run: CellRun): Promise<{ readonly value: unknown }> {
    const meta = getCodeMetadata(source);
    if (meta.module !== undefined) {
      this.compiler.addModule(meta.module, source);
      return { value: undefined };
    }
    if (meta.mode === "browser") throw new Error("cells for the browser (@browser) cannot run in this kernel");

    const compiled = this.compiler.compile(this.declarations, source);
    // A SIGINT that came while the compiler was busy is delivered in this turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    run.check();

    for (const file of compiled.files) this.modules.add(file.path, file.translation);
    const { code, isAsync } = compiled.translation;
    registerScript({ name: run.name, translation: compiled.translation, source });
    const wrapped = runInThisContext(
      `(${isAsync ? "async " : ""}function (exports, require, ${cellParameter}) { "use strict";\n${code}\n})`,
      { filename: run.name, lineOffset: -1 },
    ) as CellFunction;

    let declared: Readonly<Record<string, Binding>> = {};
    const link: CellLink = {
      value: undefined,
      declare: (bindings) => { declared = bindings; },
      resume: (value) => {
        run.check();
        return value;
      },
    };
    const returned = callInterruptibly(() => wrapped(this.names, this.require, link));
    if (isAsync) await Promise.race([returned, run.failed]);
    this.keep(declared);
    this.declarations = compiled.declarations;
    return { value: link.value };
  }

  /** A failed cell never gets here: it leaves the names as they were. */
  private keep(declared: Readonly<Record<string, Binding>>): void {
    for (const [name, [get, set]] of Object.entries(declared)) {
      const shared = { configurable: true, enumerable: true };
      Object.defineProperty(this.names, name,
        set === undefined ? { ...shared, value: get(), writable: true } : { ...shared, get, set });
    }
  }
}

/** @throws Interrupted when SIGINT arrives before `call` returns. */
function callInterruptibly(call: () => unknown): unknown {
  Object.defineProperty(globalThis, entry, { value: call, configurable: true });
  try {
    return runInThisContext(callEntry, { breakOnSigint: true });
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown };
    throw code === "ERR_SCRIPT_EXECUTION_INTERRUPTED" ? new Interrupted(true) : error;
  } finally {
    Reflect.deleteProperty(globalThis, entry);
  }
}
