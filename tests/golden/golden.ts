// Reads the golden files that make_goldens.py wrote. Imports Node's built-ins only.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export type DTypeName = "float32" | "float64" | "int64" | "bool";
export type GoldenNumber = number | "nan" | "inf" | "-inf";

/** A tensor as the files hold it: row-major, floats as the shortest decimals that read back exactly. */
export interface GoldenTensor {
  dtype: DTypeName;
  shape: number[];
  values: GoldenNumber[];
}

/** The content of data/`name`.json. */
export function load<T>(name: string): T {
  return JSON.parse(readFileSync(join(__dirname, "data", `${name}.json`), "utf8")) as T;
}

/** A number from a golden file; a float32 still has to be rounded to be one. */
export function toNumber(x: GoldenNumber): number {
  return typeof x === "number" ? x : { nan: NaN, inf: Infinity, "-inf": -Infinity }[x];
}

/** Values from a golden file as the array that holds elements of `dtype`. */
export function toArray(
  values: readonly GoldenNumber[],
  dtype: DTypeName,
): Float32Array | Float64Array | Uint8Array {
  const numbers = values.map(toNumber);
  if (dtype === "float32") return Float32Array.from(numbers);
  return dtype === "bool" ? Uint8Array.from(numbers) : Float64Array.from(numbers);
}

/** The n values of mixed sign and size that README.md defines as `ramp`. */
export function ramp(n: number, seed: number, dtype: "float32" | "float64"): Float32Array | Float64Array {
  const out = dtype === "float32" ? new Float32Array(n) : new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const x = (i * 48271 + seed * 7919) % 65537;
    out[i] = (x - 32768) / (((i * 31 + seed) % 97) + 1);
  }
  return out;
}

/** FNV-1a over the bytes that PyTorch would hold: 32 bits. */
export function fnv(data: Float32Array | Float64Array, dtype: DTypeName): number {
  const source = dtype === "int64" ? BigInt64Array.from(data, (x) => BigInt(x)) : data;
  let h = 0x811c9dc5;
  for (const byte of new Uint8Array(source.buffer, source.byteOffset, source.byteLength))
    h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

/** Whether a and b have the same bits, all nan being one. */
export function sameBits(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
