// The memory of the loops as text and as a page with figures. Imports the built library, for its plots.
import pt from "torchlab";
import { htmlPage, tableRow } from "../html.mjs";
import { curvesOf, summaryOf } from "./curves.mjs";

const head = ["", "start", "end", "greatest", "slope over the second half"];
const title = ({ name, steps, seconds }) => `${name}: ${steps.toLocaleString("en")} steps in ${seconds.toFixed(1)} s`;

function lines({ samples }) {
  return curvesOf(samples).map((curve) => {
    const { start, end, greatest, growth, steps } = summaryOf(curve);
    const text = (value) => `${value.toFixed(curve.unit ? 1 : 0)} ${curve.unit}`.trim();
    const slope = `${growth < 0 ? "" : "+"}${text(growth)} in ${steps.toLocaleString("en")} steps`;
    return [curve.name, text(start), text(end), text(greatest), slope];
  });
}

/** The table as text. `runs` are { name, steps, seconds, samples }. */
export function memoryTable(runs) {
  const all = [head, ...runs.flatMap(lines)];
  const widths = head.map((_, i) => Math.max(...all.map((line) => line[i].length)));
  const text = (line) => line.map((part, i) => (i ? part.padStart(widths[i]) : part.padEnd(widths[i]))).join("   ");
  return [text(head), ...runs.flatMap((run) => ["", title(run), ...lines(run).map(text)])].join("\n");
}

function figure(run) {
  const curves = curvesOf(run.samples).filter(({ unit }) => unit === "MiB");
  const values = curves.flatMap(({ name, points }) => points.map(([step, mib]) => ({ step, mib, what: name })));
  const order = curves.map(({ name }) => name);
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    description: `Memory over the steps of ${run.name}.`,
    title: title(run),
    width: 640,
    height: 240,
    data: { values },
    mark: { type: "line", interpolate: "linear" },
    encoding: {
      x: { field: "step", type: "quantitative", title: "step" },
      y: { field: "mib", type: "quantitative", title: "MiB", scale: { zero: true } },
      // Above the curves there is room for whatever names the engines' counts have.
      color: { field: "what", type: "nominal", title: null, sort: order, legend: { orient: "top", columns: 2 } },
      strokeDash: { field: "what", type: "nominal", title: null, sort: order },
    },
    config: { font: "Helvetica, Arial, sans-serif", axis: { labelFontSize: 12, titleFontSize: 13 }, title: { fontSize: 15 } },
  };
}

/** The page; `notes` are its paragraphs. */
export async function memoryPage(runs, notes) {
  const bodies = runs.map(
    (run) => `<tbody>${tableRow("th", [title(run), "", "", "", ""])}\n${lines(run).map((line) => tableRow("td", line)).join("\n")}</tbody>`,
  );
  const svgs = [];
  for (const run of runs) svgs.push(await pt.toSVG(figure(run)));
  return htmlPage("Memory", notes, `<table><thead>${tableRow("th", head)}</thead>\n${bodies.join("\n")}</table>`, svgs);
}
