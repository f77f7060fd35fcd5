// Owns the results as one HTML file that needs no network: the table, and figures drawn by the library's own plots.
// Imports the built library and the table's cells.
import pt from "torchlab";
import { escaped, htmlPage, tableRow } from "./html.mjs";
import { cells, ratios } from "./table.mjs";

/** Each row's ratios as points on a logarithmic axis, one line a row, with the line at 1. */
function ratioFigure(groups, subject, other) {
  const values = groups.flatMap(({ rows }) => rows).flatMap((row) => {
    const { min, median } = ratios(row, subject, other) ?? {};
    const both = [{ of: "medians", ratio: median }, { of: "minima", ratio: min }];
    return both.filter(({ ratio }) => ratio > 0).map((value) => ({ row: row.name, ...value }));
  });
  const order = values.map(({ row }) => row);
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    description: `For each row the ratio of ${subject}'s time to ${other}'s.`,
    title: `Time of ${subject}, as a multiple of ${other}'s`,
    width: 520,
    height: { step: 20 },
    layer: [
      {
        data: { values: [{ one: 1 }] },
        mark: { type: "rule", strokeDash: [6, 4] },
        encoding: { x: { field: "one", type: "quantitative" } },
      },
      {
        data: { values },
        mark: { type: "point", size: 60, strokeWidth: 2 },
        encoding: {
          x: { field: "ratio", type: "quantitative", scale: { type: "log" }, title: "below 1: faster; above 1: slower" },
          y: { field: "row", type: "nominal", sort: order, title: null, axis: { labelLimit: 320, grid: true } },
          color: { field: "of", type: "nominal", title: "ratio of", scale: { range: ["#0072B2", "#D55E00"] } },
          shape: { field: "of", type: "nominal", title: "ratio of" },
        },
      },
    ],
    config: { font: "Helvetica, Arial, sans-serif", axis: { labelFontSize: 12, titleFontSize: 13 }, title: { fontSize: 15 } },
  };
}

/** A group's medians over its sizes, a line a peer, both axes logarithmic. */
function curveFigure({ title, rows, curve }, peers) {
  const there = peers.filter((peer) => rows.every(({ times }) => times[peer]));
  const series = Object.fromEntries(there.map((peer) => [peer, rows.map(({ times }) => times[peer].median)]));
  return pt.plot.line([...curve.at], series, {
    title,
    x: { title: curve.x, scale: "log" },
    y: { title: "median, µs", scale: "log" },
  });
}

function htmlTable(groups, peers) {
  const { head, bodies } = cells(groups, peers);
  const parts = bodies.map(
    ({ title, lines }) =>
      `<tbody><tr><th colspan="${head.length}">${escaped(title)}</th></tr>\n${lines.map((line) => tableRow("td", line)).join("\n")}</tbody>`,
  );
  return `<table><thead>${tableRow("th", head)}</thead>\n${parts.join("\n")}</table>`;
}

/** The page of one run; `peers` are the names, what is compared with the others first. `notes` are paragraphs. */
export async function page(groups, peers, notes) {
  const [subject, ...others] = peers;
  const figures = [
    ...others.map((other) => ratioFigure(groups, subject, other)),
    ...groups.filter(({ curve }) => curve).map((group) => curveFigure(group, peers)),
  ];
  const drawn = [];
  for (const figure of figures) drawn.push(await pt.toSVG(figure));
  return htmlPage("Benches", notes, htmlTable(groups, peers), drawn);
}
