// Owns what tfjs's backends know of the values that they hold for us: records on the values themselves. Imports types.
//
// tfjs keeps such records in WeakMaps, and TensorFlow's outputs in its engine's besides. Where values come and go by
// the thousand, those tables are made anew again and again, and V8 takes what an abandoned one refers to for used until
// it collects everything: a training step then leaves kilobytes behind. A backend as it is given here writes the record
// into the value's own `dataId`, and its outputs are not entered anywhere.
import type { Value } from "./backend";

interface DataId {
  record?: unknown;
}

/** tfjs's DataStorage. */
interface DataStorage {
  get(dataId: object): unknown;
  set(dataId: object, record: unknown): void;
  has(dataId: object): boolean;
  delete(dataId: object): boolean;
  numDataIds(): number;
}

class Records implements DataStorage {
  private count = 0;

  /** @param others what tfjs made itself, such as the small tensors of its kernels */
  constructor(private readonly others: DataStorage) {}

  get(dataId: DataId): unknown {
    return dataId.record ?? this.others.get(dataId);
  }

  set(dataId: DataId, record: unknown): void {
    if (dataId.record === undefined) this.count++;
    dataId.record = record;
  }

  has(dataId: DataId): boolean {
    return dataId.record !== undefined || this.others.has(dataId);
  }

  delete(dataId: DataId): boolean {
    if (dataId.record === undefined) return this.others.delete(dataId);
    dataId.record = undefined;
    this.count--;
    return true;
  }

  numDataIds(): number {
    return this.count;
  }
}

/** What TensorFlow's addon says of an output. */
interface Output {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

interface NodeBackend {
  readonly binding: { readonly TF_FLOAT: number; readonly TF_INT32: number; readonly TF_BOOL: number };
  tensorMap: DataStorage;
  createOutputTensor(output: Output): Value;
}

/** tfjs's TensorFlow backend with records of its own. Who uses tfjs beside us has the backend as it was. */
export function tensorflowWithRecords<B extends object>(backend: B): B {
  const original = backend as B & NodeBackend;
  const { binding } = original;
  const types = new Map<number, Value["dtype"]>([
    [binding.TF_FLOAT, "float32"],
    [binding.TF_INT32, "int32"],
    [binding.TF_BOOL, "bool"],
  ]);
  const own = Object.create(original) as B & NodeBackend;
  const records = new Records(original.tensorMap);
  own.tensorMap = records;
  own.createOutputTensor = ({ id, shape, dtype }) => {
    const type = types.get(dtype);
    if (type === undefined) throw new TypeError(`an output of TensorFlow's type ${dtype} is of no use here`);
    const dataId = {};
    records.set(dataId, { id, shape, dtype, values: null, refCount: 1 });
    return { dataId, shape, dtype: type };
  };
  return own;
}

/** tfjs's WebAssembly backend with records of its own. */
export function wasmWithRecords<B extends object>(backend: B): B {
  const own = Object.create(backend) as B & { dataIdMap: DataStorage };
  own.dataIdMap = new Records(own.dataIdMap);
  return own;
}
