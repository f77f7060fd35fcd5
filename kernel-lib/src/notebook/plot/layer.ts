// Figures laid over each other on common axes. Imports the figure builder.
import { readAxis } from "./axis.js";
import { figure, isLabel } from "./figure.js";
import type { Axis, FigureOptions, Spec } from "./spec.js";
import { titleOf } from "./spec.js";
import { DEFAULT_HEIGHT, DEFAULT_WIDTH } from "./style.js";

/** The drawn units of a figure of this module, without labels that are placed anew. */
function unitsOf(spec: Spec, index: number): Spec[] {
  if (spec.hconcat ?? spec.vconcat) {
    throw new TypeError(`layer: figure ${index} stands side by side with others and cannot be laid over one`);
  }
  if (!spec.layer && !spec.mark)
    throw new TypeError(`layer: argument ${index} is not a figure: it has neither mark nor layer`);
  const { data, mark, encoding } = spec;
  const units = spec.layer ?? [
    { ...(data ? { data } : {}), ...(mark ? { mark } : {}), ...(encoding ? { encoding } : {}) },
  ];
  return units.filter((unit) => !isLabel(unit));
}

function firstAxis(specs: readonly Spec[], channel: "x" | "y"): Axis | undefined {
  const axes = specs.flatMap((spec) => (spec.layer ?? [spec]).map((unit) => readAxis(unit, channel)));
  return axes.find((axis) => axis?.title !== undefined) ?? axes.find((axis) => axis !== undefined);
}

/**
 * The figures laid over each other, the first at the bottom. Axes, title, size, caption and description come from
 * the options, else from the first figure that has them; all marks share one x and one y axis.
 */
export function layer(specs: readonly Spec[], options: FigureOptions = {}): Spec {
  if (specs.length === 0) throw new RangeError("layer: no figures");
  const units = specs.flatMap(unitsOf);
  const title = options.title ?? specs.map(titleOf).find((text) => text !== "") ?? "";
  const caption =
    options.caption ?? specs.find((spec) => spec.usermeta?.caption !== undefined)?.usermeta?.caption;
  const written = specs.find(
    (spec) => spec.description !== undefined && !spec.usermeta?.automatic,
  )?.description;
  const description = options.description ?? written;
  const sized = (key: "width" | "height", fallback: number) =>
    options[key] ??
    specs.find((spec) => spec[key] !== undefined && spec[key] !== fallback)?.[key] ??
    fallback;
  const x = firstAxis(specs, "x");
  const y = firstAxis(specs, "y");
  return figure(
    units,
    {
      ...options,
      ...(title === "" ? {} : { title }),
      ...(caption === undefined ? {} : { caption }),
      ...(description === undefined ? {} : { description }),
      width: sized("width", DEFAULT_WIDTH),
      height: sized("height", DEFAULT_HEIGHT),
    },
    {
      ...(x ? { x } : {}),
      ...(y ? { y } : {}),
      dropped: specs.reduce((sum, spec) => sum + (spec.usermeta?.notDrawn ?? 0), 0),
    },
  );
}
