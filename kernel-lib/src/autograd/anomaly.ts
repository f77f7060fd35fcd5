// Owns the search for what goes wrong in backward: which operation, and where it was called.
// Imports the tape and tensor.
import { isFloat } from "../dtype";
import { type Addable, currentWatcher, Node, setWatcher, synchronous, type Watcher } from "../tape";
import { Tensor } from "../tensor";

export interface AnomalyOptions {
  /** Whether a gradient that is NaN is an error. Default true. */
  checkNan?: boolean;
}

/** Where each step was recorded. */
const traces = new WeakMap<object, Error>();

const TRACE_LIMIT = 50;

const nameOf = (node: object): string => (node as { name?: string }).name ?? node.constructor.name;

function hasNaN(value: unknown): boolean {
  return value instanceof Tensor && isFloat(value.dtype) && value.storage.data.some((x) => Number.isNaN(x));
}

class AnomalyWatcher implements Watcher {
  readonly traces = true;

  constructor(private readonly checkNan: boolean) {}

  recorded(node: object): void {
    const { stackTraceLimit } = Error;
    // Deep enough to reach the user's line from below a library's own.
    Error.stackTraceLimit = Math.max(stackTraceLimit, TRACE_LIMIT);
    const trace = new Error("Traceback of the forward call that caused the error");
    Error.captureStackTrace(trace, Node);
    Error.stackTraceLimit = stackTraceLimit;
    traces.set(node, trace);
  }

  pullback<T extends Addable<T>>(node: Node<T>, g: T): readonly (T | null)[] {
    let gradients;
    try {
      gradients = node.pullback(g);
    } catch (error) {
      if (error instanceof Error && error.cause === undefined) error.cause = traces.get(node);
      throw error;
    }
    if (!this.checkNan) return gradients;
    const at = gradients.findIndex((gradient, i) => node.parents[i] !== null && hasNaN(gradient));
    if (at < 0) return gradients;
    const message = `Function '${nameOf(node)}' returned nan values in its ${at}th output.`;
    const cause = traces.get(node);
    if (cause) throw new Error(message, { cause });
    throw new Error(
      `${message} No forward pass information available. Enable detect anomaly during forward pass for more information.`,
    );
  }
}

/** What setDetectAnomaly has set. */
let lasting: Watcher | null = null;

/** Turns the search for anomalies on or off until it is set again; see `detectAnomaly`. */
export function setDetectAnomaly(enabled: boolean, { checkNan = true }: AnomalyOptions = {}): void {
  lasting = enabled ? new AnomalyWatcher(checkNan) : null;
  setWatcher(lasting);
}

/** Ends what an interrupt has left of `detectAnomaly`. */
export const resetAnomaly = (): void => setWatcher(lasting);

/**
 * What `f` returns. Where a backward in it meets an error, or makes a NaN, the error says in which operation, and its
 * `cause` where that was called, if the call too was in `f`. Everything is much slower meanwhile.
 *
 *     pt.autograd.detectAnomaly(() => model(x).log().sum().backward());
 * @throws Error in PyTorch's words at a NaN
 * @see https://pytorch.org/docs/stable/autograd.html#anomaly-detection
 */
export function detectAnomaly<R>(f: () => R, { checkNan = true }: AnomalyOptions = {}): R {
  const before = currentWatcher();
  setWatcher(new AnomalyWatcher(checkNan));
  try {
    return synchronous("detectAnomaly", f());
  } finally {
    setWatcher(before);
  }
}
