// The look of every figure: palette, dashes, fonts. Imports nothing.

/** A colour of the palette (safe for colour-blind readers on white), or any CSS colour. */
export type Color = "blue" | "vermilion" | "green" | "purple" | "grey" | (string & {});

/** True for a dashed line, or the lengths of dashes and gaps in pixels. */
export type Dash = boolean | readonly number[];

/** Shapes of points; a `+` reads best on top of other marks. */
export type Shape = "circle" | "square" | "triangle" | "diamond" | "cross";

const PALETTE: Record<string, string> = {
  blue: "#0072B2",
  vermilion: "#D55E00",
  green: "#009E73",
  purple: "#CC79A7",
  grey: "#595959",
};

// Text needs more contrast than a line: at least 4.5 : 1 on white.
const INK: Record<string, string> = {
  "#0072B2": "#00639B",
  "#D55E00": "#AD4C00",
  "#009E73": "#00704F",
  "#CC79A7": "#9A4778",
};

export const GREY = "#595959";
export const DARK = "#222222";
export const FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif";
export const LABEL_SIZE = 13;
export const TITLE_SIZE = 16;
export const DEFAULT_WIDTH = 560;
export const DEFAULT_HEIGHT = 320;

/** The series' colours in order, where none is given. */
export const CYCLE: readonly Color[] = ["blue", "vermilion", "green", "purple", "grey"];
/** Dashes in order, so that no series is told by colour alone. */
export const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2]];
export const SHAPES: readonly Shape[] = ["circle", "square", "triangle", "diamond", "cross"];

/** The CSS colour of a palette name; other strings are CSS colours already. */
export function css(color: Color): string {
  return PALETTE[color] ?? color;
}

/** The colour for text beside a mark of that colour. */
export function ink(color: string): string {
  return INK[color] ?? color;
}

/** The dash pattern in pixels; undefined is a solid line. */
export function dashArray(dash: Dash | undefined): number[] | undefined {
  if (dash === undefined || dash === false) return undefined;
  if (dash === true) return [7, 5];
  return dash.length > 0 ? [...dash] : undefined;
}

/** Vega-Lite's `config` of every figure. */
export function config(): Record<string, unknown> {
  const axisText = { labelFontSize: LABEL_SIZE, titleFontSize: 14, titleFontWeight: "normal" };
  return {
    background: "white",
    padding: 8,
    font: FONT,
    // The whole picture has one alternative text; a label on each of its marks would only repeat it.
    aria: false,
    view: { stroke: null },
    title: { anchor: "start", fontSize: TITLE_SIZE, fontWeight: "bold", color: DARK, offset: 14 },
    axis: {
      ...axisText,
      labelColor: DARK,
      titleColor: DARK,
      titlePadding: 10,
      gridColor: "#E4E4E4",
      domainColor: "#8A8A8A",
      tickColor: "#8A8A8A",
      labelLimit: 0,
      labelOverlap: true,
      labelFlush: false,
    },
    legend: { ...axisText, labelLimit: 0, titleLimit: 0, symbolSize: 90, symbolStrokeWidth: 2.5 },
    line: { strokeWidth: 2.5, strokeJoin: "round" },
    point: { size: 50, filled: true, opacity: 0.85 },
    text: { fontSize: LABEL_SIZE, color: DARK },
    style: {
      "end-label": { align: "left", baseline: "middle", dx: 8, fontSize: LABEL_SIZE },
      "top-label": { align: "center", baseline: "bottom", dy: -5, fontSize: LABEL_SIZE },
    },
  };
}
