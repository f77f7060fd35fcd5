// Owns the tensors that recorded operations keep for backward, as they were.
// Imports tensor, tape and storage.
import { shapeText } from "../check";
import type { Storage } from "../engines/storage";
import { currentWatcher, type Node } from "../tape";
import { Tensor } from "../tensor";

const REUSED =
  "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). " +
  "Saved intermediate values of the graph are freed when you call .backward() or pt.grad(). Specify { retainGraph: true } if you " +
  "need to backward through the graph a second time or if you need to access saved tensors after calling backward.";

const INFERENCE =
  "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation " +
  "tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in autograd, or use " +
  "`pt.noGrad()` instead of `pt.inferenceMode()`.";

const hint = (): string =>
  currentWatcher()?.traces
    ? "Hint: the cause of this error shows the operation that failed to compute its gradient. The variable in question was " +
      "changed in there or anywhere later. Good luck!"
    : "Hint: enable anomaly detection to find the operation that failed to compute its gradient, with pt.autograd.setDetectAnomaly(true).";

/** A tensor kept for backward, as it was. */
export class Kept {
  tensor: Tensor;
  storage: Storage;
  version: number;

  constructor(tensor: Tensor) {
    this.tensor = tensor;
    this.storage = tensor.storage;
    this.version = tensor.storage.version;
  }

  /** Keeps another tensor instead. */
  hold(tensor: Tensor): void {
    this.tensor = tensor;
    this.storage = tensor.storage;
    this.version = tensor.storage.version;
  }

  /**
   * What was kept, where `storage` is no longer the tensor's, since its `data` was set: as in PyTorch a leaf counts
   * as it is now, anything else as it was.
   */
  recall(): Tensor {
    const { tensor, storage } = this;
    if (tensor.isLeaf) return tensor;
    const before = new Tensor(storage, tensor.spec);
    before.node = tensor.node;
    return before;
  }
}

type Keeper = (tensor: Tensor, node: Node<Tensor> | null) => Kept;

/** How tensors are kept where nobody says otherwise; null for `Kept` without a question, which costs least. */
let usual: Keeper | null = null;

/** How they are kept now. */
let keeper: Keeper | null = null;

/** Has tensors that were made in inference mode refused from now on: before, there are none. */
export function refuseInference(): void {
  usual ??= (tensor) => {
    if (tensor.storage.isInference && !tensor.isNumber) throw new Error(INFERENCE);
    return new Kept(tensor);
  };
  keeper ??= usual;
}

/** Keeps a tensor as where nobody says otherwise. */
export const keepAsUsual = (tensor: Tensor): Kept =>
  usual === null ? new Kept(tensor) : usual(tensor, tensor.node);

/**
 * Keeps a tensor for backward, in the way that is set.
 * @param node its place in the graph, which the result of a step that is just being recorded does not know yet
 */
export const keep = (tensor: Tensor, node?: Node<Tensor>): Kept =>
  keeper === null ? new Kept(tensor) : keeper(tensor, node ?? tensor.node);

/** What `f` returns, where tensors are kept by `own` meanwhile. */
export function keepingBy<R>(own: Keeper, f: () => R): R {
  const before = keeper;
  keeper = own;
  try {
    return f();
  } finally {
    keeper = before;
  }
}

/** Has tensors kept as usual, after an interrupt. */
export function resetKeeper(): void {
  keeper = usual;
}

/** A kept tensor; throws in PyTorch's words where it is gone, or no longer what it was. */
export function unpack(kept: Kept | null): Tensor {
  if (kept === null) throw new Error(REUSED);
  const { tensor, storage } = kept;
  if (tensor.storage !== storage) return kept.recall();
  if (storage.version !== kept.version) {
    const origin = tensor.gradFn === null ? "" : `, which is output 0 of ${tensor.gradFn.name},`;
    throw new Error(
      "one of the variables needed for gradient computation has been modified by an inplace operation: " +
        `[${tensor.dtype} ${shapeText(tensor.shape)}]${origin} is at version ${storage.version}; ` +
        `expected version ${kept.version} instead. ${hint()}`,
    );
  }
  return tensor;
}
