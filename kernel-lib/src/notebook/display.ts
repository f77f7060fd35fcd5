// Shows figures and other values in a notebook: renders SVG, builds MIME bundles, hands them to the kernel.
// Imports the kernel's link and, when first needed, vega and vega-lite; no other module here renders or displays.
import { inspect } from "node:util";
import type { DisplayOptions, MimeBundle } from "./link.js";
import { kernelLink } from "./link.js";
import type { Spec } from "./plot/spec.js";
import { textWidth } from "./textWidth.js";

const VEGALITE = "application/vnd.vegalite.v5+json";
const DISPLAY = Symbol.for("Jupyter.display");

// What is used of vega and vega-lite. Their own types do not cover the renderer.
interface Vega {
  textMetrics: { width(item: TextItem, text: unknown): number };
  resetSVGDefIds(): void;
  parse(spec: unknown): unknown;
  View: new (runtime: unknown, options: { renderer: "none"; logger: Log }) => View;
  SVGStringRenderer: new (loader: unknown) => Renderer;
}

interface VegaLite {
  compile(spec: unknown, options: { logger: Log }): { spec: unknown };
}

interface View {
  run(): this;
  finalize(): void;
  loader(): unknown;
  background(): unknown;
  padding(): { left: number; right: number; top: number; bottom: number };
  scenegraph(): { root: unknown };
  // The size of the whole drawing, which only vega's own asynchronous toSVG reads.
  _viewWidth: number;
  _viewHeight: number;
  _origin: [number, number];
}

interface Renderer {
  initialize(el: null, width: number, height: number, origin: [number, number], scale: number): this;
  background(color: unknown): this;
  render(scene: unknown): this;
  svg(): string;
}

interface TextItem {
  fontSize?: number;
  fontWeight?: string | number;
  limit?: number;
}

type Render = (spec: Spec) => string;

let render: Render | undefined;
let loading: Promise<Render> | undefined;

/**
 * Loads the renderer, some 300 ms once per process. From then on figures render synchronously, so that those shown
 * in a loop appear while it runs. Safe to call again.
 */
export function loadRenderer(): Promise<void> {
  return renderer().then(() => undefined);
}

function renderer(): Promise<Render> {
  // Both packages are ES modules with a top-level await, which only a true import() can load from CommonJS.
  loading ??= Promise.all([import("vega"), import("vega-lite")]).then(
    ([vega, vegaLite]) => (render = createRender(vega as unknown as Vega, vegaLite as unknown as VegaLite)),
    (error: unknown) => {
      loading = undefined;
      throw new Error("cannot draw: vega and vega-lite did not load; run the project's set-up again", {
        cause: error,
      });
    },
  );
  return loading;
}

function measure(item: TextItem, text: unknown): number {
  const bold = item.fontWeight === "bold" || Number(item.fontWeight) >= 600;
  const width = textWidth(String(text ?? ""), item.fontSize ?? 11, bold);
  return item.limit && item.limit > 0 ? Math.min(width, item.limit) : width;
}

function createRender(vega: Vega, vegaLite: VegaLite): Render {
  vega.textMetrics.width = measure;
  return (spec) => {
    checkFields(spec);
    const log = new Log();
    // A copy, since vega writes an id into every row that it is given.
    const { $schema: _schema, ...unversioned } = JSON.parse(JSON.stringify(spec)) as Spec;
    const compiled = vegaLite.compile(unversioned, { logger: log });
    const view = new vega.View(vega.parse(compiled.spec), { renderer: "none", logger: log });
    try {
      view.run();
      log.surface();
      vega.resetSVGDefIds();
      const { _viewWidth, _viewHeight, _origin } = view;
      const padding = view.padding();
      const svg = new vega.SVGStringRenderer(view.loader())
        .initialize(
          null,
          _viewWidth + padding.left + padding.right,
          _viewHeight + padding.top + padding.bottom,
          [_origin[0] + padding.left, _origin[1] + padding.top],
          1,
        )
        .background(view.background())
        .render(view.scenegraph().root)
        .svg();
      if (!SOME_MARK.test(svg)) throw new Error("cannot draw the figure: none of its rows can be drawn");
      return uniqueIds(svg);
    } finally {
      view.finalize();
    }
  };
}

// The group of a mark with something in it.
const SOME_MARK = /<g class="mark-\w+ role-mark[^>]*><(?!\/g>)/;

// Vega reports through a logger what would otherwise end as an empty picture.
class Log {
  private readonly errors: string[] = [];
  private readonly warnings = new Set<string>();

  level(): number;
  level(level: number): this;
  level(level?: number): number | this {
    return level === undefined ? 2 : this;
  }

  error(...messages: readonly unknown[]): this {
    this.errors.push(messages.map(String).join(" "));
    return this;
  }

  warn(...messages: readonly unknown[]): this {
    const message = messages.map(String).join(" ");
    // An infinite extent is a scale without data: nothing would be drawn on it.
    if (message.startsWith("Infinite extent")) return this.error(message);
    this.warnings.add(message);
    return this;
  }

  info(): this {
    return this;
  }

  debug(): this {
    return this;
  }

  surface(): void {
    if (this.errors.length > 0) throw new Error(`cannot draw the figure: ${this.errors.join("; ")}`);
    for (const warning of this.warnings) console.warn(`figure: ${warning}`);
  }
}

const TRANSFORMING = ["transform", "repeat", "facet", "datasets", "projection"];

// A field that no row has draws nothing and says nothing.
function checkFields(spec: Spec, inherited?: readonly object[]): void {
  if (TRANSFORMING.some((key) => key in spec)) return;
  const rows = spec.data ? spec.data.values : inherited;
  for (const [channel, { field }] of Object.entries(spec.encoding ?? {})) {
    const [first] = Array.isArray(rows) ? rows : [];
    if (typeof field !== "string" || typeof first !== "object" || first === null || /[.[\\]/.test(field))
      continue;
    if (rows?.some((row) => field in row)) continue;
    throw new Error(
      `cannot draw the figure: ${channel} reads the field "${field}", but the rows have ${Object.keys(first as object).join(", ")}`,
    );
  }
  for (const inner of [spec.layer, spec.hconcat, spec.vconcat]) {
    for (const child of inner ?? []) checkFields(child, rows);
  }
}

// Ids count from 0 in every drawing; on a page with several they must differ, and stay the same from run to run.
function uniqueIds(svg: string): string {
  const ids = new Set(
    Array.from(svg.matchAll(/ id="((?:clip|gradient_|pattern_)\d+)"/g), (match) => match[1]),
  );
  if (ids.size === 0) return svg;
  let hash = 0x811c9dc5;
  for (let i = 0; i < svg.length; i++) hash = Math.imul(hash ^ svg.charCodeAt(i), 0x01000193);
  const suffix = (hash >>> 0).toString(36);
  return svg.replace(
    /(\bid="|url\(#|href="#)((?:clip|gradient_|pattern_)\d+)/g,
    (all, before: string, id: string) => (ids.has(id) ? `${before}${id}-${suffix}` : all),
  );
}

/**
 * The figure as an SVG document, the same text for the same figure. Rejects with what is wrong with a figure that
 * cannot be drawn.
 */
export async function toSVG(spec: Spec): Promise<string> {
  return (render ?? (await renderer()))(spec);
}

/** True for what looks like a Vega-Lite specification. */
export function isSpec(value: unknown): value is Spec {
  if (typeof value !== "object" || value === null) return false;
  const { $schema } = value as Spec;
  if (typeof $schema === "string") return $schema.includes("vega-lite");
  const drawn = ["mark", "layer", "hconcat", "vconcat", "concat", "facet", "repeat"];
  return drawn.some((key) => Object.hasOwn(value, key));
}

function altText(spec: Spec): string {
  return spec.description ?? ([spec.title ?? []].flat().join(" ") || "figure");
}

/**
 * One output with every form of the figure: Vega-Lite for JupyterLab and VS Code, SVG for pages, text for
 * terminals. A promise only until the renderer is loaded.
 */
export function figureBundle(spec: Spec): MimeBundle | Promise<MimeBundle> {
  // Plain JSON, taken now: the figure may change before it is sent.
  const json = JSON.parse(JSON.stringify(spec)) as Spec;
  const bundle = (draw: Render): MimeBundle => ({
    [VEGALITE]: json,
    "image/svg+xml": draw(json),
    "text/plain": altText(json),
  });
  return render ? bundle(render) : renderer().then(bundle);
}

// The method of values that show themselves: Deno's convention, which the kernel follows as well.
function displayMethod(value: unknown): (() => MimeBundle | Promise<MimeBundle>) | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const method = (value as { [key: symbol]: unknown })[DISPLAY];
  return typeof method === "function" ? () => (method as () => MimeBundle).call(value) : undefined;
}

/** The output that shows a value: a figure, what the value's own display method gives, or text. */
export function bundleOf(value: unknown): MimeBundle | Promise<MimeBundle> {
  if (isSpec(value)) return figureBundle(value);
  return displayMethod(value)?.() ?? { "text/plain": typeof value === "string" ? value : inspect(value) };
}

/**
 * Shows a figure (or any value) as an output of the running cell, at its place among the other outputs.
 * With `id` the output gets a name; with `update` it replaces what was last shown under that name.
 * Outside a notebook a figure's description is written as one line. Throws for a figure that cannot be drawn.
 */
export function show(value: unknown, options: DisplayOptions = {}): void {
  if (options.update && options.id === undefined) {
    throw new TypeError(
      "show: update needs the id of the output to replace: show(figure, { id, update: true })",
    );
  }
  const link = kernelLink();
  if (link) link.display(bundleOf(value), options);
  else if (isSpec(value)) console.log(`[figure] ${altText(value)}`);
  else console.log(value);
}

// In a notebook the first figure is near; loading now lets even a first loop of figures appear live.
if (kernelLink()) loadRenderer().catch(() => undefined);
