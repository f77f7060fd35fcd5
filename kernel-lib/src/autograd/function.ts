// Owns operations that users write: a forward and a backward of their own, as one step of the graph.
// Imports tensor, the tape, and what recorded operations have in common.
import { describe, shapeText } from "../check";
import { full } from "../creation";
import { isFloat } from "../dtype";
import type { Spec } from "../engines/engine";
import { keep, type Kept, unpack } from "../ops/kept";
import { fit, TensorNode } from "../ops/nodes";
import type { Shape } from "../shape";
import { type Addable, isGradEnabled, noGrad } from "../tape";
import { Tensor } from "../tensor";

/** What forward leaves for backward. Fields of your own go into an interface that extends this one. */
export interface FunctionCtx {
  /** Keeps tensors for backward, where `savedTensors` gives them back. */
  saveForBackward(...tensors: Tensor[]): void;
  /**
   * What was given to `saveForBackward`.
   * @throws Error in PyTorch's words where one was changed in place since, or where the graph was used up
   */
  readonly savedTensors: Tensor[];
  /** Whether the operands, in order, need a gradient: false for anything but a tensor. */
  readonly needsInputGrad: readonly boolean[];
  /** Says that these results have no gradient. */
  markNonDifferentiable(...tensors: Tensor[]): void;
  /** Whether backward gets zeros for a result that has no gradient, rather than null. Default true. */
  setMaterializeGrads(value: boolean): void;
}

class Context implements FunctionCtx {
  /** What forward wants kept; later, in `kept`, as it was. */
  private toSave: readonly Tensor[] = [];
  private kept: readonly Kept[] | null | undefined = undefined;
  readonly nonDifferentiable = new Set<unknown>();
  materializes = true;

  constructor(readonly needsInputGrad: readonly boolean[]) {}

  saveForBackward(...tensors: Tensor[]): void {
    tensors.forEach((tensor, i) => {
      if (tensor instanceof Tensor) return;
      throw new TypeError(`saveForBackward can only save Tensors, but argument ${i} is ${describe(tensor)}`);
    });
    this.toSave = tensors;
  }

  get savedTensors(): Tensor[] {
    if (this.kept === undefined) return [...this.toSave];
    return this.kept === null ? [unpack(null)] : this.kept.map(unpack);
  }

  markNonDifferentiable(...tensors: Tensor[]): void {
    for (const tensor of tensors) this.nonDifferentiable.add(tensor);
  }

  setMaterializeGrads(value: boolean): void {
    this.materializes = value;
  }

  /** Keeps what is to be saved, `replaced` in another's place where forward returned one that cannot be its result. */
  save(replaced: ReadonlyMap<Tensor, Tensor>): void {
    this.kept = this.toSave.map((tensor) => keep(replaced.get(tensor) ?? tensor));
    this.toSave = [];
  }

  release(): void {
    if (this.kept !== undefined && this.kept !== null && this.kept.length > 0) this.kept = null;
  }
}

/** The gradients of several results of one step. Each comes from a node of its own, so that no two are in one place. */
class Gradients implements Addable<Gradients> {
  constructor(readonly slots: (Tensor | null)[]) {}

  add(other: Gradients): Gradients {
    return new Gradients(this.slots.map((slot, i) => slot ?? other.slots[i]));
  }

  addUp(other: Gradients): Gradients {
    other.slots.forEach((slot, i) => {
      if (slot === null) return;
      slot.hold();
      this.slots[i] = slot;
    });
    return this;
  }

  hold(): void {
    for (const slot of this.slots) slot?.hold();
  }

  letGo(): void {
    for (const slot of this.slots) slot?.letGo();
  }

  escape(): this {
    for (const slot of this.slots) slot?.escape();
    return this;
  }
}

type Backward = (ctx: FunctionCtx, ...gradients: Tensor[]) => unknown;

/** A step that a user wrote. Where it has several results, its gradients come from `ResultNode`s. */
class FunctionNode extends TensorNode {
  constructor(
    readonly name: string,
    private readonly backward: Backward | undefined,
    private readonly ctx: Context,
    operands: readonly unknown[],
    /** The operands' shapes and types; null for what is no tensor. */
    private readonly specs: readonly (Spec | null)[],
    /** The same of the results. */
    readonly results: readonly (Spec | null)[],
  ) {
    super(operands.map((operand) => (operand instanceof Tensor ? operand : { node: null })));
  }

  override release(): void {
    this.ctx.release();
  }

  override pullback(g: Tensor | Gradients): readonly (Tensor | null)[] {
    const { ctx, name, backward } = this;
    if (typeof backward !== "function") {
      throw new Error(
        "You must implement the backward method for your custom autograd.Function to use it with backward mode AD.",
      );
    }
    const slots = g instanceof Gradients ? g.slots : [g];
    // Whatever passes through the user's hands may be kept there.
    const given = slots.map((slot, i) => {
      const spec = this.results[i];
      return slot?.escape() ?? (ctx.materializes && spec ? full(spec.shape, 0, { dtype: spec.dtype }) : null);
    });
    // Typed without null, since only who asks for it by setMaterializeGrads gets one.
    const returned: unknown = backward(ctx, ...(given as Tensor[]));
    const list: readonly unknown[] = Array.isArray(returned) ? returned : [returned];
    const { specs } = this;
    const surplus = list.slice(specs.length);
    if (list.length < specs.length || surplus.some((item) => item !== null && item !== undefined)) {
      throw new Error(
        `function ${name} returned an incorrect number of gradients (expected ${specs.length}, got ${list.length})`,
      );
    }
    return specs.map((spec, i) => this.checked(list[i], spec, i));
  }

  /** A gradient as the user's backward gave it, as operand i needs it. */
  private checked(gradient: unknown, spec: Spec | null, i: number): Tensor | null {
    if (gradient === null || gradient === undefined) return null;
    const { name } = this;
    if (!(gradient instanceof Tensor)) {
      throw new TypeError(`function ${name}: expected a Tensor or null, got ${describe(gradient)} at position ${i + 1}`);
    }
    if (spec === null) {
      throw new Error(
        `function ${name} returned a gradient different than null at position ${i + 1}, but the corresponding forward input was not a Tensor`,
      );
    }
    if (!this.needs(i)) return null;
    if (!expandsTo(spec.shape, gradient.shape)) {
      throw new Error(
        `Function ${name} returned an invalid gradient at index ${i} - got ${shapeText(gradient.shape)} ` +
          `but expected shape compatible with ${shapeText(spec.shape)}`,
      );
    }
    return fit(gradient.escape(), spec);
  }
}

/** Whether a tensor of `shape` would broadcast to `target`. */
function expandsTo(shape: Shape, target: Shape): boolean {
  const offset = target.length - shape.length;
  return offset >= 0 && shape.every((n, i) => n === 1 || n === target[offset + i]);
}

/** One result of a step that has several. */
class ResultNode extends TensorNode {
  constructor(private readonly step: FunctionNode, private readonly place: number) {
    super([{ node: step }]);
  }

  override get name(): string {
    return this.step.name;
  }

  override get nextFunctions(): readonly (TensorNode | null)[] {
    return this.step.nextFunctions;
  }

  override pullback(g: Tensor): readonly Tensor[] {
    const slots = this.step.results.map((_, i) => (i === this.place ? g : null));
    // The tape adds up and passes on what the next node takes, and asks no more of it than Addable.
    return [new Gradients(slots) as unknown as Tensor];
  }
}

/** What a user's class has. */
interface Recipe<A extends unknown[], R> {
  readonly name: string;
  forward(ctx: FunctionCtx, ...operands: A): R;
  backward(ctx: FunctionCtx, ...gradients: Tensor[]): Tensor | null | readonly (Tensor | null)[];
}

/** `tensor`, or another of the same elements where it cannot be the result of a new step, having a place already. */
function asResult(tensor: Tensor, operands: readonly unknown[]): Tensor {
  if (tensor.node === null && !operands.includes(tensor)) return tensor;
  tensor.storage.isShared = true;
  return tensor.detach();
}

/**
 * The base of operations with a gradient of your own. Forward computes, and is not recorded; backward gets the gradient
 * of each result and returns that of each operand, null for what has none. What backward computes is recorded where
 * gradients of gradients are asked for.
 *
 *     class Exp extends pt.autograd.Function {
 *       static forward(ctx: pt.autograd.FunctionCtx, x: pt.Tensor) {
 *         const y = x.exp();
 *         ctx.saveForBackward(y);
 *         return y;
 *       }
 *       static backward(ctx: pt.autograd.FunctionCtx, g: pt.Tensor) {
 *         return g.mul(ctx.savedTensors[0]);
 *       }
 *     }
 *     Exp.apply(x);
 * @see https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function
 */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- a class to extend is what PyTorch has
export abstract class CustomFunction {
  /** The result of `forward`, as one step of the graph that goes back through `backward`. */
  static apply<A extends unknown[], R>(this: Recipe<A, R>, ...operands: A): R {
    const needs = operands.map((operand) => isGradEnabled() && operand instanceof Tensor && operand.requiresGrad);
    const ctx = new Context(needs);
    const returned = noGrad(() => this.forward(ctx, ...operands));
    if (!needs.includes(true)) return returned;
    const results: readonly unknown[] = Array.isArray(returned) ? returned : [returned];
    const specOf = (value: unknown): Spec | null => (value instanceof Tensor ? value.spec : null);
    const node = new FunctionNode(
      `${this.name}Backward`, this.backward, ctx, operands, operands.map(specOf), results.map(specOf),
    );
    const replaced = new Map<Tensor, Tensor>();
    const outputs = results.map((result, i) => {
      if (!(result instanceof Tensor)) return result;
      const output = asResult(result, operands);
      if (output !== result && !operands.includes(result)) replaced.set(result, output);
      if (isFloat(output.dtype) && !ctx.nonDifferentiable.has(result))
        output.node = results.length === 1 ? node : new ResultNode(node, i);
      return output;
    });
    ctx.save(replaced);
    return (Array.isArray(returned) ? outputs : outputs[0]) as R;
  }
}
