// Owns the elements of tensors: where they are, how often they were written, who holds them in a sweep.
// Imports the tape, arrays, and types.
import type { DTypeName, TypedArray } from "../dtype";
import { allocate } from "../memory";
import { birthSweep, INFERENCE } from "../tape";

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
  /** The only element of what `Storage.of` made, until it is asked for in an array. */
  private only = 0;
  private onlyType: DTypeName = "float64";
  /** Who holds these elements as a gradient, in number; see `Addable`. */
  private holders = 0;
  /** The sweep that made them, 0 for none. */
  private birth = birthSweep();

  constructor(
    private home: TypedArray | null,
    /** The number of elements. */
    readonly length: number = home!.length,
  ) {}

  /**
   * One element, which is at home. Most that are computed one by one live for one operation, and an array of their own
   * would cost more than it: so they get one when somebody asks for it.
   * @param value as an element of `dtype` holds it
   */
  static of(value: number, dtype: DTypeName): Storage {
    const storage = new Storage(null, 1);
    storage.only = value;
    storage.onlyType = dtype;
    return storage;
  }

  /** The elements to read, brought home if need be. To write into them is for `write` and `replace`. */
  get data(): TypedArray {
    return this.home ?? (this.home = this.residence === null ? this.arrayOfOne() : this.residence.read());
  }

  /** The first element. */
  get first(): number {
    return this.home === null && this.residence === null ? this.only : this.data[0];
  }

  private arrayOfOne(): TypedArray {
    const array = allocate(this.onlyType, 1);
    array[0] = this.only;
    return array;
  }

  /** Whether the elements are in JavaScript's memory. */
  get isHome(): boolean {
    return this.home !== null || this.residence === null;
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
    return this.data;
  }

  /** Writes the only element. Counts as a write. */
  writeOnly(value: number): void {
    if (this.home === null && this.residence === null) {
      this.version++;
      this.only = value;
    } else this.write()[0] = value;
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

  /** Counts one more who holds these elements as a gradient. */
  hold(): void {
    this.holders++;
  }

  /** Counts one less. What an engine holds is freed with the last, since nobody will read it again: see `Addable`. */
  letGo(): void {
    this.holders--;
    if (this.holders === 0 && this.residence !== null && this.birth !== 0 && this.birth === birthSweep()) {
      this.residence.free();
    }
  }

  /** Notes that somebody whom nobody counts may hold these elements. */
  escape(): void {
    if (this.birth > 0) this.birth = 0;
  }

  /** Whether they were made in inference mode. */
  get isInference(): boolean {
    return this.birth === INFERENCE;
  }

  /** Whether the one who holds these elements as a gradient is the only one who can reach them. */
  get isOwn(): boolean {
    return this.holders === 1 && this.birth !== 0 && this.birth === birthSweep();
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
