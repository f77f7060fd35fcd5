// Owns checkpointing: elements that backward computes again instead of keeping them.
// Imports the tape, what operations keep, the generator and tensor.
import { describe, shapeText } from "../check";
import type { Spec } from "../engines/engine";
import { Storage } from "../engines/storage";
import { defaultGenerator } from "../generator";
import { keep, keepAsUsual, keepingBy, Kept, unpack } from "../ops/kept";
import { enableGrad, isGradEnabled, type Node, synchronous } from "../tape";
import { Tensor } from "../tensor";

const NOTHING = new Tensor(Storage.of(0, "float32"), { shape: [], dtype: "float32" });
const ELSEWHERE = Storage.of(0, "float32");

/** Stands for a tensor that a segment computes again. */
class Again extends Kept {
  private readonly spec: Spec;

  constructor(
    tensor: Tensor,
    private readonly node: Node<Tensor> | null,
    private readonly segment: Segment,
    private readonly place: number,
  ) {
    super(NOTHING);
    this.storage = ELSEWHERE;
    this.spec = tensor.spec;
  }

  override recall(): Tensor {
    const found = this.segment.recall(this.place);
    const { spec, node } = this;
    if (found.dtype !== spec.dtype || shapeText(found.shape) !== shapeText(spec.shape)) {
      throw new Error(
        "checkpoint: Recomputed values for the following tensors have different metadata than during the forward pass: " +
          `tensor at position ${this.place}: saved ${spec.dtype} ${shapeText(spec.shape)}, ` +
          `recomputed ${found.dtype} ${shapeText(found.shape)}`,
      );
    }
    // The same elements in the old graph's place, so that gradients of gradients go on there.
    const tensor = found.detach();
    tensor.isNumber = found.isNumber;
    tensor.node = node;
    return tensor;
  }
}

/** The function of a checkpoint with its operands, and how the generator stood before it. */
class Segment {
  private readonly generatorState = defaultGenerator.getState();
  private readonly inputs: readonly (Kept | null)[];
  private readonly needs: readonly boolean[];
  /** What is no tensor among the operands; the tensors are kept, or computed again inside another checkpoint. */
  private readonly others: readonly unknown[];
  private count = 0;
  private again: readonly Kept[] | null = null;

  constructor(private readonly f: (...inputs: never[]) => unknown, operands: readonly unknown[]) {
    this.inputs = operands.map((operand) => (operand instanceof Tensor ? keep(operand) : null));
    this.needs = operands.map((operand) => operand instanceof Tensor && operand.requiresGrad);
    this.others = operands.map((operand) => (operand instanceof Tensor ? null : operand));
  }

  keep(tensor: Tensor, node: Node<Tensor> | null): Kept {
    return new Again(tensor, node, this, this.count++);
  }

  recall(place: number): Tensor {
    this.again ??= this.compute();
    return unpack(this.again[place]);
  }

  private compute(): readonly Kept[] {
    const operands = this.inputs.map((input, i) =>
      input === null ? this.others[i] : unpack(input).detach().requiresGrad_(this.needs[i]),
    );
    const found: Kept[] = [];
    const record = (tensor: Tensor): Kept => {
      const kept = keepAsUsual(tensor);
      found.push(kept);
      return kept;
    };
    const state = defaultGenerator.getState();
    defaultGenerator.setState(this.generatorState);
    try {
      enableGrad(() => keepingBy(record, () => this.f(...(operands as never[]))));
    } finally {
      defaultGenerator.setState(state);
    }
    if (found.length !== this.count) {
      throw new Error(
        "checkpoint: A different number of tensors was saved during the original forward and recomputation.\n" +
          `Number of tensors saved during forward: ${this.count}\n` +
          `Number of tensors saved during recomputation: ${found.length}.`,
      );
    }
    return found;
  }
}

/**
 * What `f(...inputs)` returns, without keeping what its gradients will need: backward computes it again, with the same
 * random numbers from the default generator. So `f` is called twice, and must compute the same both times.
 *
 *     const h = pt.utils.checkpoint.checkpoint(block, x);
 * @see https://pytorch.org/docs/stable/checkpoint.html
 */
export function checkpoint<A extends unknown[], R>(f: (...inputs: A) => R, ...inputs: A): R {
  if (typeof f !== "function") throw new TypeError(`checkpoint: expected a function, got ${describe(f)}`);
  if (!isGradEnabled()) return f(...inputs);
  const segment = new Segment(f, inputs);
  return synchronous("checkpoint", keepingBy((tensor, node) => segment.keep(tensor, node), () => f(...inputs)));
}
