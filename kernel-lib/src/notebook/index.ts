// The notebook's public surface: plots, showing, live outputs, questions.
export { assertClose } from "./assertClose.js";
export type { CloseOptions } from "./assertClose.js";
export { isSpec, loadRenderer, show, toSVG } from "./display.js";
export { InterruptedError, interrupted, kernelLink, throwIfInterrupted } from "./link.js";
export type { DisplayOptions, KernelLink, MimeBundle } from "./link.js";
export { live, progress } from "./live.js";
export type { Frame, Live, LiveOptions, ProgressOptions } from "./live.js";
export * as plot from "./plot/index.js";
export type {
  Axis,
  BarsOptions,
  Channel,
  Color,
  ConcatOptions,
  Dash,
  FigureOptions,
  FigureTable,
  GraphEdge,
  GraphNode,
  GraphOptions,
  HeatmapOptions,
  LineOptions,
  LossOptions,
  Mark,
  PerSeries,
  ProfileOptions,
  Row,
  RuleOptions,
  ScatterOptions,
  Shape,
  Spec,
  TapeOptions,
  TextOptions,
  TilesOptions,
} from "./plot/index.js";
export { quiz } from "./quiz.js";
export type { Check, Question } from "./quiz.js";
export type { Plain, Values } from "./values.js";
