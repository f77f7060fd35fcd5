// Owns what a backend holds: how much, for whom, and what goes when there is too much. Imports storage, references
// and the backend's types.
//
// Nobody frees a tensor. What a backend holds is freed
// - by whoever knows that it is dropped (a gradient handed on, an intermediate value inside an operation),
// - when its Storage has been collected: young ones are looked for whenever enough was allocated,
// - when it has not been used for longest and the budget is exceeded: then it is copied home.
//
// An interrupt may end any of this at the next call or loop, without its `finally`. So what belongs together is changed
// without a call in between, and what was begun is gone through again by whoever comes next.
import { totalmem } from "node:os";
import { type DTypeName, type TypedArray } from "../../dtype";
import type { Residence, Storage } from "../storage";
import { collectYoung, references } from "../weak";
import type { Backend, Value } from "./backend";
import { Recency, type Used } from "./recency";

/** The arrays that a backend was given to read as they are. */
const given = new WeakSet<TypedArray>();

/** Elements of a Storage that a backend holds. */
export class Resident implements Residence, Used<Resident> {
  older: Resident | null = null;
  newer: Resident | null = null;
  /** The same elements in other shapes, which TensorFlow holds apart. */
  views: Value[] | null = null;
  /** The operation that used it last. */
  usedIn = 0;
  /** Whether it is among what its residency says that it holds. */
  isCounted = false;
  isFreed = false;

  constructor(
    readonly residency: Residency,
    readonly value: Value,
    readonly bytes: number,
    readonly slot: number,
  ) {}

  read(): TypedArray {
    const { kernels, sharesMemory } = this.residency.backend;
    const elements = kernels.readSync(this.value.dataId) as TypedArray;
    // What was put there and not yet computed with is the very array that was given.
    return sharesMemory && given.has(elements) ? elements.slice() : elements;
  }

  free(): void {
    this.residency.release(this);
  }

  isOf(backend: Backend): boolean {
    return this.residency.backend === backend;
  }
}

const BYTES = { float32: 4, int32: 4, bool: 1 };

/** The bytes of a value's elements. */
export const bytesOf = ({ shape, dtype }: Value): number => shape.reduce((n, size) => n * size, BYTES[dtype]);

/** The element types that a backend can hold for a tensor. */
export const canReside = (dtype: DTypeName): dtype is "float32" | "bool" => dtype === "float32" || dtype === "bool";

const MB = 2 ** 20;
// What is allocated between two looks for dropped tensors: enough that looking costs little beside it, and so little
// that memory used before is soon used again, while it is still in the processor's caches.
const LOOK_AFTER = 32 * MB;
// WebAssembly's memory ends at 4 GB.
const MOST = { tensorflow: 4096 * MB, wasm: 1024 * MB };

/** What any backend holds, by the slot of its Storage's reference. */
const residents = new Recency<Resident>();

/** Residents whose tensors are gone, and that are still to be freed. */
const gone: Resident[] = [];

/** Frees what is held for tensors that are gone. */
export function freeCollected(): void {
  collectYoung();
  for (const slot of references.collected()) {
    const resident = residents.at(slot);
    if (resident) gone.push(resident);
  }
  for (let resident = gone.at(-1); resident; resident = gone.at(-1)) {
    resident.residency.drop(resident);
    gone.pop();
  }
}

/** The Storage that `resident` is of; undefined where it is gone, or where an interrupt left it with another. */
function ownerOf(resident: Resident): Storage | undefined {
  try {
    const storage = references.get(resident.slot);
    return storage?.residence === resident ? storage : undefined;
  } catch {
    return undefined;
  }
}

/** What any backend may hold at most, where that was said. */
let askedBudget: number | undefined;

/** Sets what any backend may hold, those included that are loaded later. */
export function askBudget(bytes: number): void {
  askedBudget = bytes;
}

/** What one backend holds, and the budget for it. */
export class Residency {
  private readonly defaultBudget: number;
  bytes = 0;
  /** The number of tensors' elements that are held. */
  handles = 0;
  private allocated = 0;
  private operation = 0;

  constructor(readonly backend: Backend) {
    this.defaultBudget = Math.min(totalmem() / 8, MOST[backend.name]);
  }

  /** What may be held, in bytes; what the operation under way needs may exceed it. */
  get budget(): number {
    return askedBudget ?? this.defaultBudget;
  }

  /** Copies home what a budget that has become smaller does not allow any more. */
  fitBudget(): void {
    this.begin();
    this.makeRoom();
  }

  /** Begins an operation: what it uses from here on stays until the next begins. */
  begin(): void {
    this.operation++;
  }

  /** What the backend holds of `storage`: put there from its home. */
  put(storage: Storage, shape: readonly number[], dtype: "float32" | "bool"): Resident {
    const { kernels, sharesMemory } = this.backend;
    const elements = sharesMemory ? storage.lend() : storage.data;
    if (sharesMemory) given.add(elements);
    const dataId = kernels.write(elements, [...shape], dtype);
    const resident = this.admit(storage, { dataId, shape: [...shape], dtype });
    storage.residence = resident;
    return resident;
  }

  /** Notes `value` as what the backend holds of `storage`. */
  admit(storage: Storage, value: Value): Resident {
    const bytes = bytesOf(value);
    const resident = new Resident(this, value, bytes, references.watch(storage));
    // Whose slot it was, as an interrupt left it.
    const before = residents.at(resident.slot);
    before?.residency.drop(before);
    residents.add(resident);
    resident.usedIn = this.operation;
    resident.isCounted = true;
    this.handles++;
    this.bytes += bytes;
    this.allocated += bytes;
    if (this.allocated > LOOK_AFTER) {
      this.allocated = 0;
      freeCollected();
    }
    if (this.bytes > this.budget) this.makeRoom();
    return resident;
  }

  /** Notes that the operation under way uses `resident`. */
  touch(resident: Resident): void {
    if (resident.usedIn === this.operation) return;
    resident.usedIn = this.operation;
    residents.touch(resident);
  }

  /** Frees `resident`, and its reference. */
  release(resident: Resident): void {
    // Not where the slot is another's by now, or nobody's.
    if (residents.has(resident)) {
      try {
        references.release(resident.slot);
      } catch {
        // Released already, by one that was interrupted then.
      }
    }
    this.drop(resident);
  }

  /** Copies home what was used longest ago, until the budget holds. */
  makeRoom(budget = this.budget): void {
    if (this.bytes > budget) freeCollected();
    for (let resident = residents.oldest, next; resident !== null; resident = next) {
      // It may be gone from the list by then.
      next = resident.newer;
      if (this.bytes <= budget) return;
      if (resident.residency !== this) continue;
      if (resident.usedIn === this.operation) return;
      const owner = ownerOf(resident);
      if (owner) owner.bringHome();
      else this.release(resident);
    }
  }

  /** Copies everything home. */
  clear(): void {
    this.begin();
    this.makeRoom(-1);
  }

  /** Frees `resident`, whose reference is released already. */
  drop(resident: Resident): void {
    if (resident.isCounted) {
      resident.isCounted = false;
      this.handles--;
      this.bytes -= resident.bytes;
    }
    const { kernels } = this.backend;
    for (let view = resident.views?.pop(); view; view = resident.views?.pop()) kernels.disposeData(view.dataId);
    if (!resident.isFreed) {
      resident.isFreed = true;
      kernels.disposeData(resident.value.dataId);
    }
    residents.remove(resident);
  }
}
