// Owns the text of a tensor, exactly as PyTorch's repr writes it, and the print options.
// Imports types only.
import type { DTypeName } from "./dtype";

export interface PrintOptions {
  /** Digits after the point (4). */
  precision: number;
  /** Tensors with more elements than this are summarised (1000). */
  threshold: number;
  /** Elements shown at the start and the end of a summarised dimension (3). */
  edgeitems: number;
  /** Characters of a line before it breaks (80). */
  linewidth: number;
  /** Scientific notation: always, never, or null where the values decide. */
  sciMode: boolean | null;
}

export type PrintProfile = "default" | "short" | "full";

export interface Printable {
  /** The elements, row-major; bool as 0 and 1. */
  data: ArrayLike<number>;
  shape: readonly number[];
  dtype: DTypeName;
  requiresGrad?: boolean;
  /** The name of the node that made the tensor, such as AddBackward0. */
  gradFn?: string;
}

export interface FormatOptions extends Partial<PrintOptions> {
  /** The dtype that goes without saying beside int64 and bool (float32). */
  defaultDtype?: DTypeName;
}

const DEFAULTS: PrintOptions = { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80, sciMode: null };

const PROFILES: Record<PrintProfile, Partial<PrintOptions>> = {
  default: { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80 },
  short: { precision: 2, threshold: 1000, edgeitems: 2, linewidth: 80 },
  full: { precision: 4, threshold: Infinity, edgeitems: 3, linewidth: 80 },
};

let current: PrintOptions = { ...DEFAULTS };

/**
 * Sets how tensors print from now on. A profile comes first, the named options over it; options not named
 * stay, except sciMode, which PyTorch resets to automatic at every call.
 * @throws RangeError for an option out of its range, or a profile that is none of default, short and full
 */
export function setPrintoptions(options: Partial<PrintOptions> & { profile?: PrintProfile } = {}): void {
  const { profile, ...given } = options;
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
  if (profile !== undefined && !Object.hasOwn(PROFILES, profile)) {
    throw new RangeError(
      `setPrintoptions: profile must be "default", "short" or "full", got ${JSON.stringify(profile)}`,
    );
  }
  const next: PrintOptions = { ...current, ...(profile && PROFILES[profile]), sciMode: null, ...named };
  checkOptions(next);
  current = next;
}

/** The options that tensors print with now; a copy. */
export function getPrintoptions(): PrintOptions {
  return { ...current };
}

function checkOptions(options: PrintOptions): void {
  const check = (name: keyof PrintOptions, least: number, most: number): void => {
    const value = options[name] as number;
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw new RangeError(
      `setPrintoptions: ${name} must be an integer from ${least} to ${most}, got ${String(value)}`,
    );
  };
  check("precision", 0, 99);
  if (options.threshold !== Infinity) check("threshold", 0, Number.MAX_SAFE_INTEGER);
  check("edgeitems", 0, Number.MAX_SAFE_INTEGER);
  check("linewidth", 1, Number.MAX_SAFE_INTEGER);
}

const PREFIX = "tensor(";

/**
 * The text of a tensor, as PyTorch's repr writes it: `tensor([1., 2.], requires_grad=True)`.
 * Source: torch/_tensor_str.py, PyTorch 2.11.
 */
export function formatTensor(tensor: Printable, options: FormatOptions = {}): string {
  const { defaultDtype = "float32", ...overrides } = options;
  const print: PrintOptions = { ...current, ...overrides };
  const { data, shape, dtype } = tensor;
  const numel = shape.reduce((a, b) => a * b, 1);
  const suffixes: string[] = [];
  let text: string;
  if (numel === 0) {
    if (shape.length !== 1) suffixes.push(sizeText(shape));
    // No element shows the type of an empty tensor, so all but the default are named.
    if (dtype !== defaultDtype) suffixes.push(`dtype=torch.${dtype}`);
    text = "[]";
  } else {
    if (print.edgeitems === 0) suffixes.push(sizeText(shape));
    if (dtype !== defaultDtype && dtype !== "int64" && dtype !== "bool")
      suffixes.push(`dtype=torch.${dtype}`);
    text = contents(data, shape, dtype, numel, print);
  }
  if (tensor.gradFn !== undefined) suffixes.push(`grad_fn=<${tensor.gradFn}>`);
  else if (tensor.requiresGrad) suffixes.push("requires_grad=True");
  return addSuffixes(PREFIX + text, suffixes, print.linewidth);
}

/** The shape as Python writes a tuple. */
function sizeText(shape: readonly number[]): string {
  return `size=(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
}

interface ElementFormat {
  width: number;
  text(value: number): string;
}

function contents(
  data: ArrayLike<number>,
  shape: readonly number[],
  dtype: DTypeName,
  numel: number,
  print: PrintOptions,
): string {
  const summarize = numel > print.threshold;
  if (summarize && print.edgeitems === 0 && shape.length > 0) return "[...]";
  const shown: number[] = [];
  collect(data, shape, 0, 0, summarize ? print.edgeitems : Infinity, shown);
  const format = elementFormat(shown, dtype, print);
  return write(data, shape, 0, 0, PREFIX.length, summarize, format, print);
}

/** Appends the elements that will be shown, or all of them where edgeitems is Infinity. */
function collect(
  data: ArrayLike<number>,
  shape: readonly number[],
  dim: number,
  offset: number,
  edgeitems: number,
  shown: number[],
): void {
  if (dim === shape.length) {
    shown.push(data[offset]);
    return;
  }
  const size = shape[dim];
  const stride = strideOf(shape, dim);
  const skip = size > 2 * edgeitems;
  for (let i = 0; i < size; i++) {
    if (skip && i === edgeitems) i = size - edgeitems;
    collect(data, shape, dim + 1, offset + i * stride, edgeitems, shown);
  }
}

function strideOf(shape: readonly number[], dim: number): number {
  let stride = 1;
  for (let d = dim + 1; d < shape.length; d++) stride *= shape[d];
  return stride;
}

function elementFormat(shown: readonly number[], dtype: DTypeName, print: PrintOptions): ElementFormat {
  if (dtype === "bool" || dtype === "int64") {
    const text =
      dtype === "bool" ? (value: number) => (value ? "True" : "False") : (value: number) => String(value);
    return { width: shown.reduce((width, value) => Math.max(width, text(value).length), 1), text };
  }
  // Zeros, infinities and nan neither decide the notation nor widen the column.
  const values = shown.filter((value) => Number.isFinite(value) && value !== 0);
  const integral = values.every((value) => Number.isInteger(value));
  let sci = false;
  if (values.length > 0) {
    let min = Infinity;
    let max = 0;
    for (const value of values) {
      const size = Math.abs(value);
      if (size < min) min = size;
      if (size > max) max = size;
    }
    sci = print.sciMode ?? (max / min > 1000 || max > 1e8 || min < 1e-4);
  }
  const text = (value: number): string => {
    if (sci) return formatExponential(value, print.precision);
    if (!integral) return formatFixed(value, print.precision);
    return Number.isFinite(value) ? formatFixed(value, 0) + "." : formatFixed(value, 0);
  };
  return { width: values.reduce((width, value) => Math.max(width, text(value).length), 1), text };
}

function write(
  data: ArrayLike<number>,
  shape: readonly number[],
  dim: number,
  offset: number,
  indent: number,
  summarize: boolean,
  format: ElementFormat,
  print: PrintOptions,
): string {
  const { edgeitems } = print;
  const rest = shape.length - dim;
  const element = (value: number): string => format.text(value).padStart(format.width);
  if (rest === 0) return element(data[offset]);
  const size = shape[dim];
  const stride = strideOf(shape, dim);
  const skip = summarize && size > 2 * edgeitems;
  const parts: string[] = [];
  for (let i = 0; i < size; i++) {
    if (skip && i === edgeitems) {
      parts.push(rest === 1 ? " ..." : "...");
      i = size - edgeitems;
    }
    const at = offset + i * stride;
    parts.push(
      rest === 1 ? element(data[at]) : write(data, shape, dim + 1, at, indent + 1, summarize, format, print),
    );
  }
  const margin = " ".repeat(indent + 1);
  if (rest > 1) return "[" + parts.join("," + "\n".repeat(rest - 1) + margin) + "]";
  const perLine = Math.max(1, Math.floor((print.linewidth - indent) / (format.width + 2)));
  const lines: string[] = [];
  for (let i = 0; i < parts.length; i += perLine) lines.push(parts.slice(i, i + perLine).join(", "));
  return "[" + lines.join(",\n" + margin) + "]";
}

function addSuffixes(text: string, suffixes: readonly string[], linewidth: number): string {
  let out = text;
  // One more than the last line's length, or two where there is only one line: PyTorch counts so.
  let lineLength = text.length - text.lastIndexOf("\n") + 1;
  for (const suffix of suffixes) {
    if (lineLength + suffix.length + 2 > linewidth) {
      out += ",\n" + " ".repeat(PREFIX.length) + suffix;
      lineLength = PREFIX.length + suffix.length;
    } else {
      out += ", " + suffix;
      lineLength += suffix.length + 2;
    }
  }
  return out + ")";
}

/** Python's `'%.{digits}f' % value`: exact, ties to the even digit, where toFixed sends them away from zero. */
export function formatFixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const size = Math.abs(value);
  if (size >= 1e21) return sign + BigInt(size).toString() + (digits > 0 ? "." + "0".repeat(digits) : "");
  const rounded = size.toFixed(digits);
  // Only a multiple of 2^-(digits + 1) can lie halfway between two decimals of that many digits.
  if (digits < 60 && Number.isInteger(size * 2 ** (digits + 1))) {
    const exact = size.toFixed(digits + 1);
    if (exact.endsWith("5")) {
      const below = digits > 0 ? exact.slice(0, -1) : exact.slice(0, -2);
      if (Number(below[below.length - 1]) % 2 === 0) return sign + below;
    }
  }
  return sign + rounded;
}

/** Python's `'%.{digits}e' % value`: exact, ties to the even digit, and an exponent of at least two digits. */
export function formatExponential(value: number, digits: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const size = Math.abs(value);
  let [mantissa, exponent] = size.toExponential(digits).split("e");
  const [exact, exactExponent] = size.toExponential(100).split("e");
  // Past the digits asked for stand a 5 and nothing else: a tie.
  const kept = digits > 0 ? 2 + digits : 1;
  const dropped = exact.slice(digits > 0 ? kept : 2);
  if (/^50*$/.test(dropped)) {
    const below = exact.slice(0, kept);
    if (Number(below[below.length - 1]) % 2 === 0) [mantissa, exponent] = [below, exactExponent];
  }
  return sign + mantissa + "e" + exponent[0] + exponent.slice(1).padStart(2, "0");
}

function nonFinite(value: number): string {
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}
