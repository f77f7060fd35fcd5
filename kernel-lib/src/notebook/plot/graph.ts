// A small computation graph: boxes and arrows, left to right. Imports the figure builder, the layout, and the tape as
// boxes.
import { textWidth } from "../textWidth.js";
import { figure, quantitative } from "./figure.js";
import { type Arrow, place } from "./layout.js";
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
}

/** An arrow between two boxes by their ids, with an optional text; two arrows may join the same boxes. */
export type GraphEdge = readonly [from: string, to: string, label?: string];

export interface GraphOptions extends Omit<FigureOptions, "x" | "y" | "legend"> {
  /** Arrows from right to left, as gradients flow; default false. */
  backward?: boolean;
}

const BOX_HEIGHT = 52;
const LEAST_BOX_WIDTH = 56;
const FONT_SIZE = 14;
const DETAIL_SIZE = 13;

/** The width of a box that its texts fit into. */
const boxWidth = ({ id, label = id, detail = "" }: GraphNode): number =>
  Math.max(LEAST_BOX_WIDTH, Math.max(textWidth(label, FONT_SIZE, true), textWidth(detail, DETAIL_SIZE)) + 22);

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
  const placed = place(
    new Map(nodes.map((node) => [node.id, boxWidth(node)])),
    BOX_HEIGHT,
    edges.map(([from, to, label]): Arrow => ({
      from, to, labelWidth: label === undefined ? 0 : textWidth(label, DETAIL_SIZE),
    })),
    options.width ?? DEFAULT_WIDTH,
  );
  const { width, height } = placed;
  const round = (value: number) => Number(value.toFixed(1));

  const heads: Row[] = [];
  const edgeLabels: Row[] = [];
  const arrows = placed.arrows.flatMap(({ points, label: at }, arrow): Row[] => {
    const last = points.length - 1;
    const [head, direction] = options.backward ? [points[0], -1] : [points[last], 1];
    heads.push({ x: round(head.x - 5 * direction), y: round(head.y), angle: 90 * direction });
    const label = edges[arrow][2];
    if (label !== undefined) edgeLabels.push({ x: round(at.x), y: round(at.y - 9), label });
    // The line ends inside its head.
    const drawn = points.map((point) => (point === head ? { x: head.x - 7 * direction, y: head.y } : point));
    return drawn.map(({ x, y }) => ({ part: arrow, x: round(x), y: round(y) }));
  });
  const list = nodes.map((node) => ({ node, ...placed.boxes.get(node.id)! }));
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
    {
      data: { values: arrows },
      mark: { type: "line", interpolate: "monotone", color: "#6B6B6B", strokeWidth: 2 },
      encoding: at,
    },
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
  const spec = figure(units, { ...options, width, height: options.height ?? height }, { axes: false });
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
