// Owns what all optimizers share: parameter groups, state, and the walk over both. Imports tensor and tape.
import { describe } from "../check";
import { enableGrad, noGrad } from "../tape";
import { Tensor } from "../tensor";

/** Parameters that share their options. */
export type ParamGroup<O> = O & { params: Tensor[] };

/** A group as it is given: options left out are the optimizer's. */
export type GivenGroup<O> = { params: Iterable<Tensor> } & Partial<O>;

/** Parameters as an optimizer takes them: tensors, or groups of them with options of their own. */
export type Params<O> = Iterable<Tensor> | Iterable<GivenGroup<O>>;

/**
 * The base of all optimizers. An optimizer says what it remembers of a parameter (`init`), and how it moves one
 * (`update`).
 * @see https://pytorch.org/docs/stable/optim.html
 */
export abstract class Optimizer<O extends { lr: number }, S> {
  /** The groups; their options, such as `lr`, may be changed between steps. */
  readonly paramGroups: ParamGroup<O>[] = [];
  /** What is remembered of each parameter, from its first step on. */
  readonly state = new Map<Tensor, S>();

  /** @throws TypeError or RangeError where there is no parameter, or one that cannot be optimized, or a wrong option */
  constructor(
    params: Params<O>,
    private readonly defaults: O,
  ) {
    const items = [...listOf<Tensor | GivenGroup<O>>(params)];
    if (items.length === 0) throw new RangeError("optimizer got an empty parameter list");
    const isGroup = (item: unknown): item is GivenGroup<O> =>
      typeof item === "object" && item !== null && "params" in item;
    const groups = items.every(isGroup) ? items : [{ params: items } as unknown as GivenGroup<O>];
    for (const group of groups) this.addParamGroup(group);
  }

  /** Adds parameters, such as those of a layer to be trained from now on. Options left out are the optimizer's. */
  addParamGroup(group: GivenGroup<O>): void {
    const params = [...listOf(group.params)];
    if (params.length === 0) throw new RangeError("optimizer got an empty parameter list");
    for (const p of params) {
      if (!(p instanceof Tensor))
        throw new TypeError(`optimizer can only optimize Tensors, but one of the params is ${describe(p)}`);
      if (!p.isLeaf)
        throw new TypeError(
          "can't optimize a non-leaf Tensor: it is the result of an operation. Optimize what it was computed from.",
        );
      if (this.paramGroups.some((other) => other.params.includes(p))) {
        throw new RangeError("some parameters appear in more than one parameter group");
      }
    }
    if (new Set(params).size !== params.length)
      throw new RangeError("optimizer contains a parameter group with duplicate parameters");
    // Option by option: V8 gives every object made by spreading others a hidden class of its own, and a step then looks
    // each option up anew.
    const options: Record<string, unknown> = {};
    for (const [name, value] of [...Object.entries(this.defaults), ...Object.entries(group)]) {
      if (value !== undefined) options[name] = value;
    }
    options.params = params;
    const full = options as ParamGroup<O>;
    this.check(full);
    this.paramGroups.push(full);
  }

  /** @throws RangeError for an option out of its range */
  protected abstract check(options: O): void;

  /** What is remembered of a parameter before its first step. */
  protected abstract init(p: Tensor, options: O): S;

  /** Moves `p` in place, given its gradient. */
  protected abstract update(p: Tensor, gradient: Tensor, state: S, options: O): void;

  /**
   * Moves every parameter that has a gradient.
   * @param closure computes the loss again, gradients included, where one is given
   * @returns what the closure returned
   */
  step(): void;
  step<R>(closure: () => R): R;
  step<R>(closure?: () => R): R | undefined {
    const loss = closure && enableGrad(closure);
    noGrad(this.updateAll);
    return loss;
  }

  // Made once, and not by each step.
  private readonly updateAll = (): void => {
    for (const group of this.paramGroups) {
      for (const p of group.params) {
        const { grad } = p;
        if (grad === null) continue;
        let state = this.state.get(p);
        if (state === undefined) this.state.set(p, (state = this.init(p, group)));
        this.update(p, grad, state, group);
      }
    }
  };

  /** Forgets the gradients of all parameters; with `setToNone: false` they are set to zeros instead. */
  zeroGrad({ setToNone = true }: { setToNone?: boolean } = {}): void {
    for (const { params } of this.paramGroups) {
      for (const p of params) {
        if (p.grad === null) continue;
        if (setToNone) p.grad = null;
        else p.grad = p.grad.detach().zero_();
      }
    }
  }

  /** The optimizer with its options, as PyTorch prints it. */
  toString(): string {
    const groups = this.paramGroups.map((group, i) => {
      const lines = Object.entries(group)
        .filter(([name]) => name !== "params")
        .sort(([a], [b]) => (a < b ? -1 : 1));
      return [
        `Parameter Group ${i}`,
        ...lines.map(
          ([name, value]) => `    ${name}: ${Array.isArray(value) ? `[${value.join(", ")}]` : value}`,
        ),
      ].join("\n");
    });
    return `${this.constructor.name} (\n${groups.join("\n\n")}\n)`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** @throws TypeError where a tensor, or something else that is no list, was passed in a list's place */
function listOf<T>(value: Iterable<T>): Iterable<T> {
  // A tensor is iterable, by rows; as a list of parameters it can only be a mistake.
  if (value instanceof Tensor || typeof (value as Iterable<T> | null)?.[Symbol.iterator] !== "function") {
    throw new TypeError(
      `params argument given to the optimizer should be an array of Tensors, or of groups, but got ${describe(value)}`,
    );
  }
  return value;
}

/** @throws RangeError unless `value` is a number for which `holds` */
export function checkOption(
  name: string,
  value: number,
  holds: (value: number) => boolean = (v) => v >= 0,
): void {
  if (typeof value !== "number" || !holds(value)) throw new RangeError(`Invalid ${name}: ${describe(value)}`);
}
