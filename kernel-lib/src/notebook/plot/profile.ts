// Time and bytes by operation. Imports the figure builder.
import type { Profile, ProfileRow } from "../../profile";
import { hconcat } from "./concat.js";
import { figure, quantitative } from "./figure.js";
import type { FigureOptions, Spec } from "./spec.js";
import { css } from "./style.js";

export interface ProfileOptions extends Pick<FigureOptions, "title" | "caption" | "description" | "height"> {
  /** How many operations to draw; the rest is one bar. Default 12. */
  most?: number;
}

const MOST = 12;
const BAR_HEIGHT = 22;
const PANEL_WIDTH = 230;
const KIBIBYTE = 1024;

/** The operations that took longest, and all others as one. */
function drawn(rows: readonly ProfileRow[], most: number): readonly ProfileRow[] {
  if (rows.length <= most) return rows;
  const rest = rows.slice(most - 1);
  const sum = (field: "calls" | "time" | "bytes"): number => rest.reduce((total, row) => total + row[field], 0);
  const others = { name: `${rest.length} others`, calls: sum("calls"), time: sum("time"), bytes: sum("bytes") };
  return [...rows.slice(0, most - 1), others];
}

/** A bar for each row, `value` of it long. */
function panel(rows: readonly ProfileRow[], value: (row: ProfileRow) => number, title: string, height: number): Spec {
  const unit: Spec = {
    data: { values: rows.map((row) => ({ x: value(row), y: row.name })) },
    mark: { type: "bar", color: css("blue") },
    encoding: {
      x: quantitative("x"),
      y: { field: "y", type: "nominal", sort: null, axis: { grid: false } },
    },
  };
  return figure([unit], { width: PANEL_WIDTH, height }, { x: { title, zero: true }, y: { title: "" } });
}

/**
 * The time and the bytes of each operation of `pt.profile`, as bars, those that took longest first.
 * Throws RangeError where nothing was counted.
 */
export function profile({ rows, time }: Profile, options: ProfileOptions = {}): Spec {
  const { most = MOST, height, ...texts } = options;
  if (rows.length === 0) throw new RangeError("profile: nothing to draw: there was no operation on tensors");
  const shown = drawn(rows, most);
  const tall = height ?? shown.length * BAR_HEIGHT;
  const times = panel(shown, (row) => row.time, "time / ms", tall);
  const bytes = panel(shown, (row) => row.bytes / KIBIBYTE, "made / KiB", tall);
  const spec = hconcat([times, bytes], texts);
  if (spec.usermeta?.automatic) {
    const said = shown.map((row) => `${row.name} ${row.time.toFixed(3)} ms, ${row.bytes} bytes`);
    spec.description = `Bars of time and bytes by operation, of ${time.toFixed(3)} ms in all: ${said.join("; ")}.`;
  }
  return spec;
}
