// Owns reverse-mode differentiation for any value type: the recording switch, the nodes, the sweep.
// Imports queue.ts only.
import { NewestFirst } from "./queue";

let recording = true;

/** Whether what is made now is said to be of inference mode. */
let inference = false;

/** Whether operations are being recorded for backward. */
export const isGradEnabled = (): boolean => recording;

/** Whether operations are being computed in inference mode. */
export const isInferenceModeEnabled = (): boolean => inference;

/** `result` of a function that `name` was given. @throws TypeError where the function goes on after it has returned */
export function synchronous<R>(name: string, result: R): R {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === "function") {
    throw new TypeError(
      `${name}: the function is asynchronous, and would run on after ${name} has ended. Await outside it.`,
    );
  }
  return result;
}

function withRecording<R>(enabled: boolean, name: string, f: () => R): R {
  const before = recording;
  // Inference mode has the last word, as in PyTorch.
  recording = enabled && !inference;
  try {
    return synchronous(name, f());
  } finally {
    recording = before;
  }
}

/** What `f` returns; the operations in it are not recorded, so their results need no gradient. */
export const noGrad = <R>(f: () => R): R => withRecording(false, "noGrad", f);

/** What `f` returns; the operations in it are recorded, also inside noGrad. */
export const enableGrad = <R>(f: () => R): R => withRecording(true, "enableGrad", f);

/** What `f` returns; the operations in it are recorded or not, as `enabled` says. */
export const setGradEnabled = <R>(enabled: boolean, f: () => R): R =>
  withRecording(enabled, "setGradEnabled", f);

/** What `f` returns; nothing in it is recorded, and values know that they were made in it. */
export function withInference<R>(f: () => R): R {
  const before = { recording, inference, sweepUnderWay };
  recording = false;
  inference = true;
  sweepUnderWay = INFERENCE;
  try {
    return synchronous("inferenceMode", f());
  } finally {
    ({ recording, inference, sweepUnderWay } = before);
  }
}

/**
 * Puts the tape back as it is outside noGrad and backward. For a kernel to call after an interrupt, which ends code
 * without running its `finally` blocks.
 */
export function resetTape(): void {
  recording = true;
  inference = false;
  sweepUnderWay = 0;
  aside = null;
}

/**
 * A value that gradients can be added up in.
 *
 * The tape counts who holds a gradient: the sum gathered at a node, the step that it passes through, the results that
 * were asked for, and `grad` where it keeps the very value rather than a copy. Of a value that was made in the sweep
 * under way (see `birthSweep`) these are all who can reach it, since a pullback gives away what it makes. With one
 * holder it is that holder's own, to change or to keep; with none nobody will read it again. Whatever else comes along,
 * such as a seed or a saved operand, has holders that nobody counts: it is never changed, and kept only as a copy.
 */
export interface Addable<T> {
  add(other: T): T;
  /** `add`, where the caller holds this value and then the sum instead, which may be made in its place. @internal */
  addUp(other: T): T;
  /** Counts one holder more. @internal */
  hold(): void;
  /** Counts one holder less. @internal */
  letGo(): void;
  /** This value, to be handed to a user's function, which may keep it: from now on it is nobody's own. @internal */
  escape(): T;
}

/** A user's function that sees a gradient, and may give another in its place. */
export interface Hook<T> {
  see(gradient: T): T | undefined;
}

/** What is told of every node while it is set. */
export interface Watcher {
  /** Whether it notes where steps are recorded, for errors to say. */
  readonly traces: boolean;
  /** Is told of a step as it is recorded. */
  recorded(node: object): void;
  /** Calls the pullback of a node in a sweep. */
  pullback<T extends Addable<T>>(node: Node<T>, g: T): readonly (T | null)[];
}

let watcher: Watcher | null = null;

/** The present watcher; null for none, which is what costs nothing. */
export const currentWatcher = (): Watcher | null => watcher;

/** Puts a watcher, or none, in the present one's place. */
export function setWatcher(next: Watcher | null): void {
  watcher = next;
}

let lastId = 0;
let lastVisit = 0;
let lastSweep = 0;

/** Stands for a sweep where values are made in inference mode. */
export const INFERENCE = -1;

/** The innermost sweep under way; 0 for none. */
let sweepUnderWay = 0;

/**
 * The sweep that a value made now is made in, 0 for none, INFERENCE in inference mode. What is recorded counts as made
 * outside: the graph holds it, and may hand it to anybody.
 */
export const birthSweep = (): number => (recording ? 0 : sweepUnderWay);

/** An empty queue, for the next sweep to use: its memory is there already. */
let spareQueue: NewestFirst<Node<never>> | null = null;

/** What puts back what an inner sweep has displaced from nodes of the outer ones; null where there is no outer one. */
let aside: (() => void)[] | null = null;

/** One recorded step: where gradients come from and how they go on to the operands. */
export abstract class Node<T extends Addable<T>> {
  /**
   * Rises with every step, so that an operand's node is always older than its result's: descending ids are a
   * topological order, and the one in which PyTorch's engine adds gradients up.
   * @internal
   */
  readonly id = ++lastId;
  /** The walk over the graph that met this node last. @internal */
  visit = 0;
  /** The sweep that brought the adjoint. @internal */
  sweep = 0;
  /** The gradient gathered so far in the sweep that met this node last. @internal */
  adjoint: T | null = null;
  /** Who sees the gradient of this step's own result before it is used, in this order; null for nobody. @internal */
  hooks: readonly Hook<T>[] | null = null;

  constructor() {
    if (watcher !== null) watcher.recorded(this);
  }

  /** The nodes of the operands; null for one that needs no gradient. @internal */
  abstract readonly parents: readonly (Node<T> | null)[];

  /** The operands' gradients, from the result's. @internal */
  abstract pullback(g: T): readonly (T | null)[];

  /** Takes the gradient of this step's own result, where somebody wants to keep it. @internal */
  keep(_g: T): void {}

  /** Drops what the forward step saved. @internal */
  release(): void {}
}

/** All nodes that `roots` were computed from, themselves included, each once, the newest first. */
export function ancestors<T extends Addable<T>, N extends Node<T>>(roots: readonly N[]): N[] {
  const visit = ++lastVisit;
  const found: N[] = [];
  const stack: N[] = [];
  const meet = (node: N | null): void => {
    if (node === null || node.visit === visit) return;
    node.visit = visit;
    stack.push(node);
  };
  roots.forEach(meet);
  let sorted = true;
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (found.length > 0 && found[found.length - 1].id < node.id) sorted = false;
    found.push(node);
    const { parents } = node;
    for (let i = 0; i < parents.length; i++) meet(parents[i] as N | null);
  }
  return sorted ? found : found.sort((a, b) => b.id - a.id);
}

export interface SweepOptions {
  /** Keep what the forward step saved, so that another backward can follow. */
  retainGraph: boolean;
  /** Record the gradients' own computation, so that they can be differentiated again. */
  createGraph: boolean;
}

/**
 * Carries gradients from `roots` back through everything they were computed from: each node once, iteratively, the
 * newest first. Any node that could still add to a gradient is newer, and waits in the queue or behind one that does.
 * @param wanted nodes whose gradients to return; where given, no node keeps its own
 * @returns the gradients of `wanted`, null where the roots do not depend on a node
 */
export function sweep<T extends Addable<T>>(
  roots: readonly Node<T>[],
  seeds: readonly T[],
  { retainGraph, createGraph }: SweepOptions,
  wanted?: readonly Node<T>[],
): (T | null)[] {
  const results = wanted ? new Map<Node<T>, T | null>(wanted.map((node) => [node, null])) : null;
  const leading = results ? leadingTo(results, ancestors(roots)) : null;
  const outerRecording = recording;
  const outerSweep = sweepUnderWay;
  const outerAside = aside;
  recording = createGraph;
  // A gradient rule may itself run backward over some of these nodes: their half-gathered gradients are put aside.
  aside = sweepUnderWay > 0 ? [] : null;
  sweepUnderWay = ++lastSweep;
  try {
    const queue = (spareQueue as NewestFirst<Node<T>> | null) ?? new NewestFirst<Node<T>>();
    spareQueue = null;
    for (let i = 0; i < roots.length; i++) {
      seeds[i].hold();
      receive(queue, roots[i], seeds[i]);
    }
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      let g = node.adjoint!;
      node.adjoint = null;
      const { parents } = node;
      const goesOn = parents.length > 0 && (leading === null || leading.has(node));
      if (node.hooks !== null && (goesOn || results === null || results.has(node))) g = throughHooks(node.hooks, g);
      if (results === null) node.keep(g);
      else if (results.has(node)) {
        g.hold();
        results.set(node, g);
      }
      if (goesOn) {
        const gradients = watcher === null ? node.pullback(g) : watcher.pullback(node, g);
        if (!retainGraph) node.release();
        // All are counted before any is added up, since several may be one.
        for (let i = 0; i < parents.length; i++) if (parents[i] !== null) gradients[i]?.hold();
        for (let i = 0; i < parents.length; i++) {
          const parent = parents[i];
          const gradient = gradients[i];
          if (parent !== null && gradient !== null) receive(queue, parent, gradient);
        }
      }
      g.letGo();
    }
    spareQueue = queue as NewestFirst<Node<never>>;
  } finally {
    aside?.forEach((restore) => restore());
    recording = outerRecording;
    sweepUnderWay = outerSweep;
    aside = outerAside;
  }
  return wanted && results ? wanted.map((node) => results.get(node) ?? null) : [];
}

/** What hooks make of `g`, which the caller holds: it then holds the result instead. */
function throughHooks<T extends Addable<T>>(hooks: readonly Hook<T>[], g: T): T {
  let seen = g;
  for (const hook of hooks) {
    const handed = seen.escape();
    const next = hook.see(handed)?.escape() ?? handed;
    if (next === seen) continue;
    next.hold();
    seen.letGo();
    seen = next;
  }
  return seen;
}

/** The nodes with a wanted one among their operands, or among theirs: a sweep need not enter any other. */
function leadingTo<T extends Addable<T>>(wanted: ReadonlyMap<Node<T>, unknown>, nodes: readonly Node<T>[]) {
  const leading = new Set<Node<T>>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const leads = (node: Node<T> | null): boolean => node !== null && (wanted.has(node) || leading.has(node));
    if (nodes[i].parents.some(leads)) leading.add(nodes[i]);
  }
  return leading;
}

/** Adds `g`, which the caller holds and gives up, to what `node` has gathered in the sweep under way. */
function receive<T extends Addable<T>>(queue: NewestFirst<Node<T>>, node: Node<T>, g: T): void {
  if (node.sweep !== sweepUnderWay) {
    // What is there is an outer sweep's, or what one left behind that an error or an interrupt ended.
    if (aside !== null && node.adjoint !== null) {
      const { adjoint, sweep } = node;
      aside.push(() => {
        node.adjoint = adjoint;
        node.sweep = sweep;
      });
    }
    node.sweep = sweepUnderWay;
    node.adjoint = null;
  }
  if (node.adjoint === null) {
    node.adjoint = g;
    queue.push(node);
  } else {
    node.adjoint = node.adjoint.addUp(g);
    g.letGo();
  }
}
