// Owns computing operations with a backend of tfjs, and which ones it can. Imports the tables, execution and residency.
import type { DTypeName } from "../../dtype";
import { type RuleName, ruleTable } from "../../rules";
import type { Computation, Operand, Spec } from "../engine";
import { Storage } from "../storage";
import { type BackendName, openBackend, type Value } from "./backend";
import { Execution } from "./execution";
import { computeOf } from "./pointwise";
import { Residency } from "./residency";
import { structural } from "./structural";

type Compute = (execution: Execution) => Value;

/** Conversions and questions take truth values too; anything else is computed in float32. */
const TAKES_BOOL = new Set(["to", "truth"]);

const isNative = (dtype: DTypeName): boolean => dtype === "float32" || dtype === "bool";

/** Whether an operation's types are among those that the engines compute with, and it has any elements. */
export function takes<A>(
  op: Pick<Computation<A>, "name" | "kind">, inputs: readonly Operand[], { dtype, shape }: Spec, attributes: A,
): boolean {
  if (shape.includes(0) || inputs.some(({ storage }) => storage.length === 0)) return false;
  if (op.kind === "pointwise") return (attributes as { dtype: DTypeName }).dtype === "float32";
  if (TAKES_BOOL.has(op.name)) return isNative(dtype) && inputs.every((input) => isNative(input.dtype));
  return dtype === "float32" && inputs.every((input) => input.dtype === "float32");
}

/** Computes float32 operations with one of tfjs's backends. */
export class TfjsEngine {
  readonly residency: Residency;
  /** How often the host had to compute an operation that was meant for this engine, by its name. */
  readonly fallbacks = new Map<string, number>();
  private readonly execution: Execution;

  /** @throws BackendUnavailableError where the backend cannot be loaded */
  constructor(readonly name: BackendName) {
    this.residency = new Residency(openBackend(name));
    this.execution = new Execution(this.residency);
  }

  /** The result of `op`, with its elements on the backend; null where it has no kernel, which is counted. */
  run<A>(op: Computation<A>, inputs: readonly Operand[], out: Spec, attributes: A): Storage | null {
    const value = this.compute(op, inputs, out, attributes);
    if (value === null) return null;
    const storage = new Storage(null, sizeOf(value));
    storage.residence = this.residency.admit(storage, value);
    return storage;
  }

  /** Puts the result of `op` into its first operand; false where it has no kernel. */
  runInPlace<A>(op: Computation<A>, inputs: readonly Operand[], out: Spec, attributes: A): boolean {
    const value = this.compute(op, inputs, out, attributes);
    if (value === null) return false;
    const { storage } = inputs[0];
    storage.replace(this.residency.admit(storage, value));
    return true;
  }

  private compute<A>(op: Computation<A>, inputs: readonly Operand[], out: Spec, attributes: A): Value | null {
    const compute = this.find(op, inputs, out, attributes);
    if (compute !== undefined) {
      try {
        return this.execution.run(compute);
      } catch {
        // No kernel for this case, or none that can, for instance for want of memory: the host can.
      }
    }
    this.fallbacks.set(op.name, (this.fallbacks.get(op.name) ?? 0) + 1);
    return null;
  }

  private find<A>(op: Computation<A>, inputs: readonly Operand[], out: Spec, attributes: A): Compute | undefined {
    if (op.kind !== "pointwise") {
      const compute = structural[op.name] as ((...args: unknown[]) => Value) | undefined;
      return compute && ((e) => compute(e, inputs, out, attributes));
    }
    const compute = computeOf(this.name, op.name as RuleName);
    if (compute === null) return undefined;
    const { condition } = ruleTable[op.name as RuleName];
    return (e) => {
      const values = inputs.map((input, i) => e.operand(input, i === condition ? "bool" : "float32"));
      return compute(e, values, out, inputs);
    };
  }
}

const sizeOf = ({ shape }: Value): number => shape.reduce((n, size) => n * size, 1);
