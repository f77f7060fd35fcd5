// What a Tensor or Scalar was computed from, as boxes and arrows. Imports both, and the tape.
import { shapeText } from "../../check";
import type { Spec as TensorSpec } from "../../engines/engine";
import { ruleTable } from "../../rules";
import { Scalar } from "../../scalar";
import { ancestors, type Node } from "../../tape";
import { Tensor } from "../../tensor";
import type { GraphEdge, GraphNode } from "./graph";

/** What a recorded graph can be drawn of. */
export type Recorded = Tensor | Scalar;

const MOST_NODES = 60;
const MOST_ELEMENTS = 3;

const number = (x: number): string => `${Number(x.toPrecision(4))}`;

/** A value in a box: its elements where they are few, else its shape. */
function short(value: Tensor): string {
  const count = value.numel();
  if (count === 1) return number(value.item());
  if (count > MOST_ELEMENTS || count === 0) return `shape ${shapeText(value.shape)}`;
  return `[${[...value.storage.data].map(number).join(", ")}]`;
}

const lines = (value: string | undefined, gradient: string | undefined): string | undefined =>
  value === undefined ? undefined : gradient === undefined ? value : `${value}, grad ${gradient}`;

const operations = new Map<unknown, string>(Object.entries(ruleTable).map(([name, rule]) => [rule, name]));

/**
 * The nodes and arrows of what `root` was computed from: every step once, however often its result was used.
 * @param names what to call values; a tensor that is no leaf shows its elements and its gradient only if it is named,
 * since the graph does not keep them
 */
export function tapeOf(
  root: Recorded,
  names: Readonly<Record<string, Recorded>> = {},
): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const { found, describeNode } = root instanceof Scalar ? ofScalar(root, names) : ofTensor(root, names);
  if (found.length > MOST_NODES) {
    throw new RangeError(`graph: ${found.length} steps are too many to draw; ${MOST_NODES} at most`);
  }
  // The oldest first, as they were computed.
  const inOrder = [...found].reverse();
  const ids = new Map<Node<never>, string>();
  const uses = new Map<string, number>();
  const nodes = inOrder.map((node): GraphNode => {
    const described = describeNode(node);
    // The description names boxes by their ids: by what stands in them, then, as far as that tells them apart.
    const { label } = described;
    const count = (uses.get(label) ?? 0) + 1;
    uses.set(label, count);
    const id = count === 1 ? label : `${label} (${count})`;
    ids.set(node, id);
    return { id, ...described };
  });
  const edges = inOrder.flatMap((node) =>
    node.parents.flatMap((parent): GraphEdge[] => (parent === null ? [] : [[ids.get(parent)!, ids.get(node)!]])),
  );
  return { nodes, edges };
}

interface Described {
  label: string;
  detail?: string;
}

interface Walk {
  readonly found: readonly Node<never>[];
  describeNode(node: Node<never>): Described;
}

function ofScalar(root: Scalar, names: Readonly<Record<string, Recorded>>): Walk {
  const nameOf = new Map<unknown, string>(Object.entries(names).map(([name, value]) => [value, name]));
  const describeNode = (node: Scalar): Described => {
    const own = nameOf.get(node);
    const operation = operations.get(node.rule);
    if (node.isConstant) return { label: own ?? number(node.val) };
    const label = own !== undefined && operation !== undefined ? `${own} = ${operation}` : (own ?? operation ?? "leaf");
    return { label, detail: lines(number(node.val), number(node.grad)) };
  };
  return { found: ancestors<Scalar, Scalar>([root]), describeNode } as unknown as Walk;
}

function ofTensor(root: Tensor, names: Readonly<Record<string, Recorded>>): Walk {
  if (root.node === null) throw new Error("graph: this tensor does not require grad: there is no graph to draw");
  const found = ancestors<Tensor, Node<Tensor>>([root.node]);
  const named = new Map<Node<Tensor>, { tensor: Tensor; name?: string }>([[root.node, { tensor: root }]]);
  for (const [name, tensor] of Object.entries(names)) {
    if (tensor instanceof Tensor && tensor.node !== null) named.set(tensor.node, { tensor, name });
  }
  const shapes = shapesOf(found, root);
  const describeNode = (node: Node<Tensor>): Described => {
    const { leaf, name: gradFn = "" } = node as Node<Tensor> & { leaf?: Tensor; name?: string };
    const entry = named.get(node);
    const tensor = entry?.tensor ?? leaf;
    const operation = leaf ? undefined : gradFn.replace(/Backward\d*$/, "");
    const own = entry?.name;
    const label = own !== undefined && operation !== undefined ? `${own} = ${operation}` : (own ?? operation ?? "leaf");
    const shape = shapes.get(node);
    const value = tensor ? short(tensor) : shape && `shape ${shapeText(shape.shape)}`;
    return { label, detail: lines(value, tensor?.grad ? short(tensor.grad) : undefined) };
  };
  return { found, describeNode } as unknown as Walk;
}

/** The shapes of all results, which the steps do not note of their own, but of their operands. */
function shapesOf(found: readonly Node<Tensor>[], root: Tensor): Map<Node<Tensor>, TensorSpec> {
  const shapes = new Map<Node<Tensor>, TensorSpec>([[root.node!, root.spec]]);
  for (const node of found) {
    // Absent where all operands have the result's.
    const { specs } = node as Node<Tensor> & { specs?: readonly (TensorSpec | null)[] | null };
    node.parents.forEach((parent, i) => {
      const spec = specs ? specs[i] : shapes.get(node);
      if (parent !== null && spec && !shapes.has(parent)) shapes.set(parent, spec);
    });
  }
  return shapes;
}
