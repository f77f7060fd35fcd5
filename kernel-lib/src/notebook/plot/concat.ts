// Figures side by side or one below the other. Imports the figure builder's texts.
import { readAxis } from "./axis.js";
import { isLabel, texts, titleLines } from "./figure.js";
import { layer } from "./layer.js";
import type { FigureOptions, Spec } from "./spec.js";
import { SCHEMA, showable, titleOf } from "./spec.js";
import { DEFAULT_HEIGHT, DEFAULT_WIDTH, config } from "./style.js";

type Channels = "x" | "y" | "both";

export interface ConcatOptions extends Pick<
  FigureOptions,
  "title" | "caption" | "description" | "width" | "height"
> {
  /** The axes that all panels have in common, so that they can be compared. */
  share?: Channels;
}

const GAP = 36;
const TOTAL = 680;
const PANEL_TITLE = 14;

// What stands once at the top of the whole figure.
function bare(spec: Spec): Spec {
  const {
    $schema: _schema,
    config: _config,
    usermeta: _usermeta,
    description: _description,
    ...panel
  } = spec;
  return panel;
}

const marksOf = (spec: Spec): readonly Spec[] => spec.layer ?? [spec];

// Vega-Lite shares linear axes by itself; a log axis carries its computed domain, which must be made common.
function sharedLog(specs: readonly Spec[], share: Channels | undefined): readonly Spec[] {
  let panels = specs;
  for (const channel of ["x", "y"] as const) {
    if (share !== channel && share !== "both") continue;
    const domains = panels.flatMap(marksOf).flatMap((unit): [number, number][] => {
      const scale = unit.encoding?.[channel]?.scale;
      return scale?.type === "log" ? [scale.domain as [number, number]] : [];
    });
    if (domains.length === 0) continue;
    const domain = [
      Math.min(...domains.map(([low]) => low)),
      Math.max(...domains.map(([, high]) => high)),
    ] as const;
    panels = panels.map((panel) => {
      const axis = marksOf(panel)
        .map((unit) => readAxis(unit, channel))
        .find((read) => read !== undefined);
      return axis?.scale === "log" ? layer([panel], { [channel]: { ...axis, domain } }) : panel;
    });
  }
  return panels;
}

function concat(direction: "hconcat" | "vconcat", specs: readonly Spec[], options: ConcatOptions): Spec {
  if (specs.length === 0) throw new RangeError(`${direction}: no figures`);
  const across = direction === "hconcat";
  const { share } = options;
  const fit = Math.floor((TOTAL - GAP * (specs.length - 1)) / specs.length);
  const panels = sharedLog(specs, share).map((spec): Spec => {
    const panel = bare(spec);
    if (panel.hconcat ?? panel.vconcat) return panel;
    const width = options.width ?? (across && panel.width === DEFAULT_WIDTH ? fit : panel.width);
    const height = options.height ?? (panel.height === DEFAULT_HEIGHT && !across ? 180 : panel.height);
    // Labels keep clear of each other at one height only, so they are placed anew for another.
    const placed =
      panel.layer?.some(isLabel) && height !== undefined ? bare(layer([panel], { height })) : panel;
    return {
      ...placed,
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
      ...(panel.title === undefined
        ? {}
        : { title: { text: titleLines(titleOf(panel), width ?? TOTAL), fontSize: PANEL_TITLE } }),
    };
  });
  const automatic = () =>
    specs
      .map((spec, i) => {
        const said = [titleOf(spec), spec.description ?? ""].filter((text) => text !== "");
        return `Panel ${i + 1}: ${said.join(". ")}`;
      })
      .join(" ");
  const scale = {
    ...(share === "x" || share === "both" ? { x: "shared" } : {}),
    ...(share === "y" || share === "both" ? { y: "shared" } : {}),
  };
  return showable({
    $schema: SCHEMA,
    ...texts(options, automatic),
    ...(options.title === undefined
      ? {}
      : { title: titleLines(options.title, across ? TOTAL : DEFAULT_WIDTH) }),
    [direction]: panels,
    spacing: GAP,
    ...(share === undefined ? {} : { resolve: { scale } }),
    config: config(),
  });
}

/** The figures side by side; those of default width are narrowed to fit a page. */
export function hconcat(specs: readonly Spec[], options: ConcatOptions = {}): Spec {
  return concat("hconcat", specs, options);
}

/** The figures one below the other; those of default height are lowered to 180 pixels. */
export function vconcat(specs: readonly Spec[], options: ConcatOptions = {}): Spec {
  return concat("vconcat", specs, options);
}
