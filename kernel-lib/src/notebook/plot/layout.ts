// Owns where the boxes and arrows of a graph lie. Imports, when first needed, dagre, which ranks and orders them.

/** The centre of a box, from the left and from the top, and half of its width. */
export interface PlacedBox {
  readonly x: number;
  readonly y: number;
  readonly half: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedArrow {
  /** From the right side of its first box to the left side of its last one, x rising. */
  readonly points: readonly Point[];
  /** Where its text is centred. */
  readonly label: Point;
}

export interface Placed {
  readonly boxes: ReadonlyMap<string, PlacedBox>;
  /** One an arrow, in their order. */
  readonly arrows: readonly PlacedArrow[];
  readonly width: number;
  readonly height: number;
}

/** An arrow between two boxes, and the width of its text, 0 for none. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly labelWidth: number;
}

// What is used of dagre. Its types are those of a module, which the library's compiler does not take from here.
interface Dagre {
  Graph: new (options: { multigraph: true }) => DagreGraph;
  layout(graph: DagreGraph): unknown;
  readonly graphlib: { readonly alg: { isAcyclic(graph: DagreGraph): boolean } };
}

interface DagreGraph {
  setGraph(options: object): unknown;
  graph(): { width: number; height: number };
  setNode(id: string, size: { width: number; height: number }): unknown;
  node(id: string): Point;
  setEdge(from: string, to: string, label: object, name: string): unknown;
  edge(end: { v: string; w: string; name: string }): { points: readonly Point[] } & Point;
}

const LABEL_HEIGHT = 16;
const ROW_GAP = 30;
/** Between arrows that pass a column one over the other. */
const ARROW_GAP = 14;
const LEAST_COLUMN_GAP = 40;
const MARGIN = 14;
/** Between the ends of arrows at one side of a box, if it is high enough for all. */
const FAN = 16;
/** So far an arrow goes straight on where it leaves and enters. */
const STUB = 10;

/** Boxes that stand one over the other, and between which sides. */
interface Column {
  readonly centre: number;
  readonly half: number;
}

/** The boxes and arrows as dagre ranks and orders them, with `gap` between columns. */
function ranked(
  widths: ReadonlyMap<string, number>, height: number, arrows: readonly Arrow[], gap: number,
): DagreGraph {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loads late: few cells draw a graph
  const { Graph, graphlib, layout } = require("@dagrejs/dagre") as Dagre;
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: ROW_GAP, edgesep: ARROW_GAP, ranksep: gap, marginy: MARGIN });
  // So set, and turned upside down afterwards, boxes stand in the order given where crossings leave a choice.
  for (const [id, width] of [...widths].reverse()) graph.setNode(id, { width, height });
  arrows.forEach(({ from, to, labelWidth }, i) => {
    const label = labelWidth > 0 ? { width: labelWidth, height: LABEL_HEIGHT, labelpos: "c" } : {};
    graph.setEdge(from, to, label, `${i}`);
  });
  if (!graphlib.alg.isAcyclic(graph)) throw new RangeError("graph: the edges form a cycle");
  layout(graph);
  return graph;
}

function columnsOf(boxes: ReadonlyMap<string, PlacedBox>): Column[] {
  const halves = new Map<number, number>();
  for (const { x, half } of boxes.values()) halves.set(x, Math.max(half, halves.get(x) ?? 0));
  return [...halves].map(([centre, half]) => ({ centre, half }));
}

/** How far from the middle of its side each arrow of a box ends: in the order of where they come from or go to. */
function fanOf(ends: readonly { arrow: number; y: number }[], height: number): Map<number, number> {
  const step = Math.min(FAN, (height - 12) / Math.max(1, ends.length));
  const sorted = [...ends].sort((a, b) => a.y - b.y || a.arrow - b.arrow);
  return new Map(sorted.map(({ arrow }, i) => [arrow, (i - (ends.length - 1) / 2) * step]));
}

/**
 * Boxes of these widths in columns, from left to right along the arrows, over `width` where they need no more. dagre
 * keeps a place for an arrow in every column that it passes. Through columns arrows go straight, and from one height to
 * another between them, where no box stands: so none passes behind a box.
 * @param widths by the boxes' ids
 * @param height of all boxes
 * @throws RangeError where the arrows form a cycle
 */
export function place(
  widths: ReadonlyMap<string, number>, height: number, arrows: readonly Arrow[], width: number,
): Placed {
  const close = ranked(widths, height, arrows, LEAST_COLUMN_GAP);
  const gaps = new Set([...widths.keys()].map((id) => close.node(id).x)).size - 1;
  const missing = width - close.graph().width;
  const graph = gaps > 0 && missing > 0 ? ranked(widths, height, arrows, LEAST_COLUMN_GAP + missing / gaps) : close;
  const total = graph.graph();
  // A single column stands in the middle.
  const shift = gaps === 0 ? Math.max(0, missing / 2) : 0;
  const turned = ({ x, y }: Point): Point => ({ x: x + shift, y: total.height - y });
  const boxes = new Map(
    [...widths].map(([id, w]): [string, PlacedBox] => [id, { ...turned(graph.node(id)), half: w / 2 }]),
  );
  const columns = columnsOf(boxes);
  const columnAt = (x: number): Column | undefined => columns.find(({ centre, half }) => Math.abs(x - centre) <= half);

  // dagre's own first and last points lie on the boxes' outlines.
  const edges = arrows.map(({ from, to }, i) => graph.edge({ v: from, w: to, name: `${i}` }));
  const routes = edges.map(({ points }) => points.slice(1, -1).map(turned));
  const fans = new Map([...boxes.keys()].map((id) => {
    const of = (end: "from" | "to", at: 0 | -1) =>
      arrows.flatMap((arrow, i) => (arrow[end] === id ? [{ arrow: i, y: routes[i].at(at)?.y ?? 0 }] : []));
    return [id, { leaving: fanOf(of("from", 0), height), entering: fanOf(of("to", -1), height) }];
  }));

  const placed = arrows.map(({ from, to, labelWidth }, i): PlacedArrow => {
    const [a, b] = [boxes.get(from)!, boxes.get(to)!];
    const start = { x: a.x + a.half, y: a.y + fans.get(from)!.leaving.get(i)! };
    const end = { x: b.x - b.half, y: b.y + fans.get(to)!.entering.get(i)! };
    // Where the columns of the two boxes end.
    const out = Math.max(start.x, ...columns.filter(({ centre }) => centre === a.x).map(({ half }) => a.x + half));
    const into = Math.min(end.x, ...columns.filter(({ centre }) => centre === b.x).map(({ half }) => b.x - half));
    const between = routes[i].flatMap(({ x, y }): Point[] => {
      const column = columnAt(x);
      if (column === undefined) return [{ x, y }];
      return [{ x: column.centre - column.half, y }, { x: column.centre + column.half, y }];
    });
    const stubs = [{ x: out + STUB, y: start.y }, { x: into - STUB, y: end.y }];
    const inside = between.filter(({ x }) => x > stubs[0].x && x < stubs[1].x);
    // dagre places only texts that have a width.
    return { points: [start, stubs[0], ...inside, stubs[1], end], label: labelWidth > 0 ? turned(edges[i]) : start };
  });
  return { boxes, arrows: placed, width: Math.max(width, total.width), height: total.height };
}
