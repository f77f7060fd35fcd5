// Owns the elements of tensors: where they are, and how often they were written. Imports types only.
import type { TypedArray } from "../dtype";

/** Elements that an engine holds outside JavaScript's memory. */
export interface Residence {
  /** A copy of the elements, in JavaScript's memory. */
  read(): TypedArray;
  /** Frees what the engine holds. */
  free(): void;
}

/**
 * Elements, row-major. They are at home in a typed array, or reside with an engine, or both; they are moved when
 * somebody reads them. Tensors that share elements share this.
 */
export class Storage {
  /** Counts the writes in place, so that backward notices that a saved value is no longer the same. */
  version = 0;
  /** Whether a reshaped tensor shares these elements, with a history of its own. */
  isShared = false;
  /** What an engine holds of the elements: the same as is at home, or all there is. */
  residence: Residence | null = null;
  /** Whether an engine, or a result of it, may go on reading the array at home. */
  private isLent = false;

  constructor(
    private home: TypedArray | null,
    /** The number of elements. */
    readonly length: number = home!.length,
  ) {}

  /** The elements to read, brought home if need be. To write into them is for `write` and `replace`. */
  get data(): TypedArray {
    return this.home ?? (this.home = this.residence!.read());
  }

  /** Whether the elements are in JavaScript's memory. */
  get isHome(): boolean {
    return this.home !== null;
  }

  /** The array at home, for an engine to read as it is for as long as it likes: a write will go to another one. */
  lend(): TypedArray {
    this.isLent = true;
    return this.data;
  }

  /** The elements to write into. Counts as a write; what an engine holds of them ends. */
  write(): TypedArray {
    this.version++;
    this.bringHome();
    if (this.isLent) {
      this.home = this.home!.slice();
      this.isLent = false;
    }
    return this.home!;
  }

  /** Puts elements that an engine has computed in place of these. Counts as a write. */
  replace(residence: Residence): void {
    const before = this.residence;
    // No call in between, at which an interrupt could leave elements that are neither these nor those.
    this.version++;
    this.residence = residence;
    this.home = null;
    this.isLent = false;
    before?.free();
  }

  /** Ends the engine's hold on the elements, which are brought home before. */
  bringHome(): void {
    const { residence } = this;
    if (residence === null) return;
    this.home ??= residence.read();
    this.residence = null;
    residence.free();
  }
}
