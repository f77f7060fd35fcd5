// Owns reverse-mode differentiation for any value type: the recording switch, the nodes, the sweep. Imports nothing.

let recording = true;

/** Whether operations are being recorded for backward. */
export const isGradEnabled = (): boolean => recording;

function withRecording<R>(enabled: boolean, name: string, f: () => R): R {
  const before = recording;
  recording = enabled;
  try {
    const result = f();
    if (typeof (result as { then?: unknown } | null | undefined)?.then === "function") {
      throw new TypeError(
        `${name}: the function is asynchronous, and would run on after ${name} has ended. Await outside it.`,
      );
    }
    return result;
  } finally {
    recording = before;
  }
}

/** What `f` returns; the operations in it are not recorded, so their results need no gradient. */
export const noGrad = <R>(f: () => R): R => withRecording(false, "noGrad", f);

/** What `f` returns; the operations in it are recorded, also inside noGrad. */
export const enableGrad = <R>(f: () => R): R => withRecording(true, "enableGrad", f);

/**
 * Puts the tape back as it is outside noGrad and backward. For a kernel to call after an interrupt, which ends code
 * without running its `finally` blocks.
 */
export function resetTape(): void {
  recording = true;
  sweepsUnderWay = 0;
}

/** A value that gradients can be added up in. */
export interface Addable<T> {
  add(other: T): T;
}

let lastId = 0;
let lastVisit = 0;
let sweepsUnderWay = 0;

/** One recorded step: where gradients come from and how they go on to the operands. */
export abstract class Node<T extends Addable<T>> {
  /**
   * Rises with every step, so that an operand's node is always older than its result's: descending ids are a
   * topological order, and the one in which PyTorch's engine adds gradients up.
   * @internal
   */
  readonly id = ++lastId;
  /** The sweep that met this node last. @internal */
  visit = 0;
  /** The gradient gathered so far in the sweep under way. @internal */
  adjoint: T | null = null;

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
 * Carries gradients from `roots` back through everything they were computed from: each node once, iteratively, in
 * time linear in the number of nodes (their ids are mostly in order already).
 * @param wanted nodes whose gradients to return; where given, no node keeps its own
 * @returns the gradients of `wanted`, null where the roots do not depend on a node
 */
export function sweep<T extends Addable<T>>(
  roots: readonly Node<T>[],
  seeds: readonly T[],
  { retainGraph, createGraph }: SweepOptions,
  wanted?: readonly Node<T>[],
): (T | null)[] {
  return withRecording(createGraph, "backward", () => {
    const nodes = ancestors(roots);
    const results = new Map<Node<T>, T | null>(wanted?.map((node) => [node, null]));
    const leading = wanted && leadingTo(results, nodes);
    // A gradient rule may itself run backward over some of these nodes: their half-gathered gradients are put aside.
    const outer = sweepsUnderWay++ > 0 ? nodes.map((node) => node.adjoint) : null;
    // Not only then: a sweep that an error or an interrupt ended left some behind.
    for (let i = 0; i < nodes.length; i++) nodes[i].adjoint = null;
    try {
      roots.forEach((root, i) => receive(root, seeds[i]));
      for (let i = 0; i < nodes.length; i++) {
        const node = nodes[i];
        const g = node.adjoint;
        if (g === null) continue;
        node.adjoint = null;
        if (wanted === undefined) node.keep(g);
        else if (results.has(node)) results.set(node, g);
        const { parents } = node;
        if (parents.length === 0 || (leading && !leading.has(node))) continue;
        const gradients = node.pullback(g);
        if (!retainGraph) node.release();
        for (let j = 0; j < parents.length; j++) {
          const parent = parents[j];
          const gradient = gradients[j];
          if (parent !== null && gradient !== null) receive(parent, gradient);
        }
      }
    } finally {
      sweepsUnderWay--;
      if (outer) nodes.forEach((node, i) => (node.adjoint = outer[i]));
    }
    return wanted ? wanted.map((node) => results.get(node) ?? null) : [];
  });
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

function receive<T extends Addable<T>>(node: Node<T>, g: T): void {
  node.adjoint = node.adjoint === null ? g : node.adjoint.add(g);
}
