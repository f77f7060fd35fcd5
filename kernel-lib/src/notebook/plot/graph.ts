// A small computation graph: boxes and arrows, left to right. Imports the figure builder and the tape as boxes.
import { textWidth } from "../textWidth.js";
import { figure, quantitative } from "./figure.js";
import type { FigureOptions, Row, Spec } from "./spec.js";
import type { Color } from "./style.js";
import { DARK, DEFAULT_WIDTH, css } from "./style.js";
import { type Recorded, tapeOf } from "./tape.js";

/** One box of a graph. */
export interface GraphNode {
  id: string;
  /** What stands in the box; default the id. */
  label?: string;
  /** A second line, e.g. the value or the gradient. */
  detail?: string;
  /** True outlines the box. */
  active?: boolean;
  /** The outline of an active box, default vermilion; of others grey. */
  color?: Color;
  /** The fill; default white, a tint for an active box of the default colour. */
  fill?: string;
  /** Its place from the top of its column, counted from 0; may be a fraction. Default: in the order given. */
  row?: number;
}

/** An arrow between two boxes by their ids, with an optional text; two arrows may join the same boxes. */
export type GraphEdge = readonly [from: string, to: string, label?: string];

export interface GraphOptions extends Omit<FigureOptions, "x" | "y" | "legend"> {
  /** Arrows from right to left, as gradients flow; default false. */
  backward?: boolean;
}

const BOX_HEIGHT = 52;
const ROW_GAP = 34;
const FONT_SIZE = 14;
const DETAIL_SIZE = 13;

// The column of a node is the longest way to it, so that every arrow points to the right.
function columnsOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Map<string, number> {
  const column = new Map(nodes.map((node) => [node.id, 0]));
  for (let round = 0; ; round++) {
    if (round > nodes.length) throw new RangeError("graph: the edges form a cycle");
    let moved = false;
    for (const [from, to] of edges) {
      const next = (column.get(from) ?? 0) + 1;
      if (next > (column.get(to) ?? 0)) {
        column.set(to, next);
        moved = true;
      }
    }
    if (!moved) break;
  }
  // A node that nothing leads to stands just before its first use, not across the whole drawing.
  for (const { id } of nodes) {
    if (edges.some(([, to]) => to === id)) continue;
    const uses = edges.flatMap(([from, to]) => (from === id ? [column.get(to) ?? 0] : []));
    if (uses.length > 0) column.set(id, Math.min(...uses) - 1);
  }
  return column;
}

interface Box {
  node: GraphNode;
  x: number;
  y: number;
  half: number;
}

function place(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  width: number,
): { boxes: Map<string, Box>; height: number } {
  const column = columnsOf(nodes, edges);
  const depth = Math.max(...column.values());
  const byColumn = Array.from({ length: depth + 1 }, (_, c) =>
    nodes.filter((node) => column.get(node.id) === c),
  );
  const rows = Math.max(...byColumn.map((list) => list.length), ...nodes.map(({ row = 0 }) => row + 1));
  const height = rows * BOX_HEIGHT + (rows + 1) * ROW_GAP * 0.5;
  const widths = byColumn.map((list) =>
    Math.max(
      56,
      ...list.map(
        ({ id, label, detail = "" }) =>
          Math.max(textWidth(label ?? id, FONT_SIZE, true), textWidth(detail, DETAIL_SIZE)) + 22,
      ),
    ),
  );
  const total = widths.reduce((sum, w) => sum + w, 0);
  const gap = depth > 0 ? Math.max(24, (width - total) / depth) : 0;
  const boxes = new Map<string, Box>();
  let left = depth > 0 ? 0 : (width - total) / 2;
  byColumn.forEach((list, c) => {
    const w = widths[c] ?? 0;
    list.forEach((node, r) => {
      const y =
        node.row === undefined ? (height * (r + 0.5)) / list.length : (height * (node.row + 0.5)) / rows;
      boxes.set(node.id, { node, x: left + w / 2, y, half: w / 2 });
    });
    left += w + gap;
  });
  return { boxes, height };
}

export interface TapeOptions extends GraphOptions {
  /** What to call the values: `{ x, w, loss }`. A tensor that is no leaf shows its elements only if it is named. */
  names?: Readonly<Record<string, Recorded>>;
}

/**
 * A drawing of a small graph: nodes left to right by their depth, arrows along the edges. It has no axes.
 * Of a Tensor or Scalar, the graph that it was computed by: each step once, with values and gradients.
 * Throws RangeError for an edge whose end is no node, a repeated id, or a cycle.
 */
export function graph(value: Recorded, options?: TapeOptions): Spec;
export function graph(nodes: readonly GraphNode[], edges: readonly GraphEdge[], options?: GraphOptions): Spec;
export function graph(
  first: readonly GraphNode[] | Recorded,
  second: readonly GraphEdge[] | TapeOptions = {},
  third: GraphOptions = {},
): Spec {
  if (Array.isArray(first)) return draw(first as readonly GraphNode[], second as readonly GraphEdge[], third);
  const { names, ...options } = second as TapeOptions;
  const { nodes, edges } = tapeOf(first as Recorded, names);
  return draw(nodes, edges, options);
}

function draw(nodes: readonly GraphNode[], edges: readonly GraphEdge[], options: GraphOptions): Spec {
  if (nodes.length === 0) throw new RangeError("graph: no nodes");
  const ids = nodes.map((node) => node.id);
  const known = new Set(ids);
  if (known.size < ids.length) throw new RangeError(`graph: an id occurs twice among ${ids.join(", ")}`);
  for (const [from, to] of edges) {
    for (const end of [from, to]) {
      if (!known.has(end))
        throw new RangeError(
          `graph: edge ${from} → ${to}: there is no node "${end}", only ${ids.join(", ")}`,
        );
    }
  }
  const width = options.width ?? DEFAULT_WIDTH;
  const { boxes, height } = place(nodes, edges, width);
  const round = (value: number) => Number(value.toFixed(1));

  const arrows: Row[] = [];
  const heads: Row[] = [];
  const edgeLabels: Row[] = [];
  edges.forEach(([from, to, label], e) => {
    const a = boxes.get(from) as Box;
    const b = boxes.get(to) as Box;
    const twins = edges.flatMap(([f, t], i) => (f === from && t === to ? [i] : []));
    const shift = (twins.indexOf(e) - (twins.length - 1) / 2) * 20;
    // Arrows of one box keep apart where they leave and where they enter it, in the order of their other ends.
    const fan = (others: string[], other: string) => {
      const list = [...new Set(others)].sort((p, q) => (boxes.get(p) as Box).y - (boxes.get(q) as Box).y);
      return (list.indexOf(other) - (list.length - 1) / 2) * 18;
    };
    const leaves = fan(
      edges.filter(([f]) => f === from).map(([, t]) => t),
      to,
    );
    const enters = fan(
      edges.filter(([, t]) => t === to).map(([f]) => f),
      from,
    );
    const start = { x: a.x + a.half, y: a.y + shift + leaves };
    const end = { x: b.x - b.half, y: b.y + shift + enters };
    const [tail, head] = options.backward ? [end, start] : [start, end];
    const angle = Math.atan2(head.y - tail.y, head.x - tail.x);
    arrows.push({
      x: round(tail.x),
      y: round(tail.y),
      x2: round(head.x - 7 * Math.cos(angle)),
      y2: round(head.y - 7 * Math.sin(angle)),
    });
    heads.push({
      x: round(head.x - 5 * Math.cos(angle)),
      y: round(head.y - 5 * Math.sin(angle)),
      angle: round((angle * 180) / Math.PI + 90),
    });
    if (label !== undefined)
      edgeLabels.push({ x: round((tail.x + head.x) / 2), y: round((tail.y + head.y) / 2 - 9), label });
  });
  const list = [...boxes.values()];
  const rects = list.map(({ node, x, y, half }): Row => ({
    x: round(x - half),
    x2: round(x + half),
    y: round(y - BOX_HEIGHT / 2),
    y2: round(y + BOX_HEIGHT / 2),
    node: node.id,
    stroke: css(node.color ?? (node.active ? "vermilion" : "grey")),
    strokeWidth: node.active ? 3.5 : 1.5,
    fill: node.fill ?? (node.active && node.color === undefined ? "#FDF0E7" : "#FFFFFF"),
  }));
  const labels = list.map(({ node, x, y }): Row => ({
    x: round(x),
    y: round(y + (node.detail === undefined ? 0 : -10)),
    label: node.label ?? node.id,
  }));
  const details = list.flatMap(({ node, x, y }): Row[] =>
    node.detail === undefined ? [] : [{ x: round(x), y: round(y + 12), label: node.detail }],
  );

  const hidden = (field: string, size: number) => ({
    ...quantitative(field),
    title: null,
    axis: null,
    scale: { domain: field === "x" ? [0, size] : [size, 0], nice: false, zero: false },
  });
  const at = { x: hidden("x", width), y: hidden("y", height) };
  const span = { ...at, x2: { field: "x2" }, y2: { field: "y2" } };
  const own = (field: string, type: "nominal" | "quantitative") => ({
    [field]: { field, type, scale: null },
  });
  const text = { text: { field: "label", type: "nominal" as const } };
  const units: Spec[] = [
    { data: { values: arrows }, mark: { type: "rule", color: "#6B6B6B", strokeWidth: 2 }, encoding: span },
    {
      data: { values: heads },
      mark: { type: "point", shape: "triangle", color: "#6B6B6B", size: 90, opacity: 1 },
      encoding: { ...at, ...own("angle", "quantitative") },
    },
    {
      data: { values: rects },
      mark: { type: "rect", cornerRadius: 6 },
      encoding: {
        ...span,
        ...own("stroke", "nominal"),
        ...own("strokeWidth", "quantitative"),
        ...own("fill", "nominal"),
      },
    },
    {
      data: { values: labels },
      mark: { type: "text", fontSize: FONT_SIZE, fontWeight: "bold" },
      encoding: { ...at, ...text },
    },
    {
      data: { values: details },
      mark: { type: "text", fontSize: DETAIL_SIZE, color: DARK },
      encoding: { ...at, ...text },
    },
    {
      data: { values: edgeLabels },
      mark: { type: "text", fontSize: DETAIL_SIZE, stroke: "white", strokeWidth: 4 },
      encoding: { ...at, ...text },
    },
    {
      data: { values: edgeLabels },
      mark: { type: "text", fontSize: DETAIL_SIZE, color: "#00639B" },
      encoding: { ...at, ...text },
    },
  ].filter((unit) => unit.data.values.length > 0);
  const spec = figure(units, { ...options, height: options.height ?? height }, { axes: false });
  if (spec.usermeta?.automatic) {
    const said = nodes.map(
      ({ id, label = id, detail, active }) =>
        label + (detail === undefined ? "" : ` (${detail})`) + (active ? ", active" : ""),
    );
    const drawn = edges.map(([from, to]) => (options.backward ? `${to} to ${from}` : `${from} to ${to}`));
    spec.description = `Graph: ${said.join("; ")}. Arrows: ${drawn.join(", ") || "none"}.`;
  }
  return spec;
}
