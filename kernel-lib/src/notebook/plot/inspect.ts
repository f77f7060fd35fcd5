// Reads figures: their data as tables, and what they lack for a reader. Imports the figure's types.
import { isLabel, rowsOf } from "./figure.js";
import type { Row, Spec } from "./spec.js";
import { titleOf } from "./spec.js";

/** The data of one drawn layer as a table. */
export interface FigureTable {
  /** The series' name, or the panel's title, or "". */
  name: string;
  columns: string[];
  rows: Row[string][][];
}

// Fields that place or paint, and tell a reader nothing.
const PAINT = new Set(["part", "x2", "y2", "fill", "stroke", "strokeWidth", "angle", "series"]);

function unitsOf(spec: Spec): Spec[] {
  const inner = spec.hconcat ?? spec.vconcat ?? spec.layer;
  return inner ? inner.flatMap(unitsOf) : [spec];
}

function panelsOf(spec: Spec): Spec[] {
  const inner = spec.hconcat ?? spec.vconcat;
  return inner ? inner.flatMap(panelsOf) : [spec];
}

/** The figure's data as tables, one for each drawn layer, columns headed by the axes' titles. */
export function tables(spec: Spec): FigureTable[] {
  const seen = new Set<string>();
  return panelsOf(spec).flatMap((panel) =>
    unitsOf(panel).flatMap((unit): FigureTable[] => {
      const rows = rowsOf(unit);
      const [first] = rows;
      if (isLabel(unit) || first === undefined) return [];
      const fields = Object.keys(first).filter((field) => !PAINT.has(field));
      const title = (field: string) => {
        const channels = Object.values(unit.encoding ?? {});
        const found = channels.find((channel) => channel.field === field);
        const legend = found?.legend?.title;
        return found?.title || (typeof legend === "string" ? legend : field);
      };
      const name = typeof first.series === "string" ? first.series : titleOf(panel);
      const table = {
        name,
        columns: fields.map(title),
        rows: rows.map((row) => fields.map((field) => row[field] ?? null)),
      };
      // The points that mark a line's values have the line's rows again.
      const key = JSON.stringify([table.columns, table.rows]);
      if (seen.has(key)) return [];
      seen.add(key);
      return [table];
    }),
  );
}

/**
 * What a figure lacks to be read by everyone, in words; empty for a figure fit to publish: axis titles, a caption,
 * and a description written by its author.
 */
export function problems(spec: Spec): string[] {
  const found: string[] = [];
  if (!spec.usermeta?.caption) found.push("no caption: pass { caption } whose first sentence is the finding");
  if (!spec.description) found.push("no description");
  else if (spec.usermeta?.automatic)
    found.push("no written description: pass { description } with type, axes and finding");
  panelsOf(spec).forEach((panel, i, all) => {
    for (const channel of ["x", "y"] as const) {
      const axes = unitsOf(panel)
        .map((unit) => unit.encoding?.[channel])
        .filter((c) => c !== undefined && c.value === undefined);
      if (axes.length === 0 || axes.every((axis) => axis?.axis === null || axis?.type === "nominal"))
        continue;
      if (!axes.some((axis) => axis?.title))
        found.push(`no ${channel} axis title${all.length > 1 ? ` in panel ${i + 1}` : ""}`);
    }
  });
  return found;
}
