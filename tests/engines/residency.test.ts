// Where values are: brought home when read, kept within the budget, found when dropped, copied before they are written.
// Imports the built library; the whole of it without the addon runs in a process of its own.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import * as pt from "torchlab";
import { copyWithout, evaluate } from "./child";
import { describeOn, elementsOf, engine, engineNames, isNative, leakedBy, on, onHost, storageOf } from "./engines";
import { draw } from "./values";

const N = 100_000;
const BYTES = 4 * N;

/** A value that only the engine holds: i · 3 at place i. */
const native = (n = N, scale = 3): pt.Tensor => {
  const x = pt.arange(0, n, 1, { dtype: "float32" }).mul(scale);
  assert.ok(isNative(x) && !storageOf(x).isHome);
  return x;
};

const multiples = (n: number, scale: number): Float32Array => Float32Array.from({ length: n }, (_, i) => i * scale);

for (const name of engineNames) {
  describeOn(name, "residency", () => {
    const held = () => pt.memory()[name];
    let usual: number;
    before(() => (usual = pt.engineInfo().budget));
    // What other tests have dropped is not counted here.
    beforeEach(() => onHost(() => undefined));
    afterEach(() => pt.setMemoryBudget(usual));

    describe("moving", () => {
      it("happens when somebody reads, and once each way", () => {
        const { kernels } = engine().residency.backend;
        const counts = { write: 0, readSync: 0 };
        const originals = { write: kernels.write, readSync: kernels.readSync };
        kernels.write = function (this: typeof kernels, ...args: Parameters<typeof originals.write>) {
          // wasm's kernels make room for their results by writing nothing.
          if ((args[0] as typeof args[0] | null)?.length === N) counts.write++;
          return originals.write.apply(kernels, args);
        };
        kernels.readSync = function (this: typeof kernels, ...args: Parameters<typeof originals.readSync>) {
          counts.readSync++;
          return originals.readSync.apply(kernels, args);
        };
        try {
          const x = draw("finite", [N], 1);
          const y = x.mul(2).add(x).sub(x.reshape(N, 1).reshape(N));
          x.exp();
          assert.deepEqual(counts, { write: 1, readSync: 0 });
          elementsOf(y);
          String(y);
          y.toArray();
          y.mul(y);
          assert.deepEqual(counts, { write: 1, readSync: 1 });
        } finally {
          Object.assign(kernels, originals);
        }
      });

      it("gives every way of reading the same elements", () => {
        const x = native(6).reshape(2, 3);
        assert.deepEqual(x.toArray<number[][]>(), [[0, 3, 6], [9, 12, 15]]);
        assert.equal(JSON.stringify(native(3)), "[0,3,6]");
        assert.equal(String(native(3)), "tensor([0., 3., 6.])");
        assert.equal(inspect(native(3)), "tensor([0., 3., 6.])");
        assert.equal(native(3).at(2).item(), 6);
        assert.deepEqual([...native(2)].map((row) => row.item()), [0, 3]);
        assert.deepEqual(pt.tensor(native(3)).toArray(), [0, 3, 6]);
        assert.deepEqual(native(3).to("float64").toArray(), [0, 3, 6]);
        assert.deepEqual(native(3).to("int64").toArray(), [0, 3, 6]);
        assert.deepEqual(native(3).gt(2).toArray(), [false, true, true]);
        assert.deepEqual(native(4).at(native(4).gt(4)).toArray(), [6, 9]);
      });

      it("goes home with setEngine, and to the other engine when that needs it", () => {
        const x = native();
        const y = x.neg();
        onHost(() => {
          assert.deepEqual(held(), { bytes: 0, handles: 0 });
          assert.ok(storageOf(x).isHome && !isNative(x) && !isNative(y));
          assert.deepEqual(elementsOf(x.add(y)), new Float32Array(N));
        });
        on("wasm", () => assert.deepEqual(elementsOf(x.add(y).add(x)), multiples(N, 3)));
        assert.deepEqual(elementsOf(x.mul(2)), multiples(N, 6));
      });
    });

    describe("the budget", () => {
      it("sends home what was not used for longest, bit for bit", () => {
        pt.setMemoryBudget(4 * BYTES);
        const [a, b, c] = [1, 2, 4].map((scale) => native(N, scale));
        // Bits that a detour through another type would change.
        const odd = draw("wild", [N], 5);
        const d = odd.mul(1);
        const expected = Float32Array.from(elementsOf(odd));
        a.add(1);
        // In the order of their last use: what made a, b and c is gone; then d, a.
        assert.ok(isNative(a) && !isNative(b), "b was used before a");
        const kept = [a, b, c, d, native(), native(), native(), native()];
        assert.ok(held().bytes <= 4 * BYTES);
        assert.ok(!isNative(a) && !isNative(d) && isNative(kept[7]));
        [1, 2, 4].forEach((scale, i) => assert.deepEqual(elementsOf([a, b, c][i]), multiples(N, scale)));
        assert.deepEqual(elementsOf(d), expected);
      });

      it("holds for a stream of values larger than itself, all of which are kept", () => {
        pt.setMemoryBudget(3 * BYTES);
        const x = pt.arange(0, N, 1, { dtype: "float32" });
        const kept = Array.from({ length: 40 }, (_, i) => {
          const y = x.mul(i);
          assert.ok(pt.engineInfo().bytes <= 4 * BYTES, "an operation's own operands and result aside");
          return y;
        });
        kept.forEach((y, i) => assert.deepEqual(elementsOf(y), multiples(N, i)));
      });

      it("lets an operation use more than it allows", () => {
        pt.setMemoryBudget(1);
        const x = native(10);
        assert.deepEqual(elementsOf(x.add(x).mul(x)), Float32Array.from({ length: 10 }, (_, i) => 2 * (i * 3) ** 2));
        assert.equal(x.mul(x).sum().item(), 9 * 285);
      });

      it("takes effect at once when it becomes smaller, and survives a change of engine", () => {
        const kept = [native(), native()];
        pt.setMemoryBudget(BYTES);
        assert.ok(held().bytes <= BYTES);
        assert.ok(kept.every((x) => elementsOf(x)[1] === 3));
        onHost(() => undefined);
        assert.equal(pt.engineInfo().budget, BYTES);
        for (const wrong of [0, -1, 1.5, NaN]) assert.throws(() => pt.setMemoryBudget(wrong), RangeError);
      });
    });

    describe("what is dropped", () => {
      it("is found in a synchronous loop", () => {
        const x = pt.ones(N);
        let y = x;
        let [most, handles] = [0, 0];
        for (let i = 0; i < 2000; i++) {
          y = y.add(x);
          most = Math.max(most, pt.engineInfo().bytes);
          handles = Math.max(handles, pt.engineInfo().handles);
        }
        assert.equal(y.at(N - 1).item(), 2001);
        // Without it, 800 MB in 2000 handles; it looks every 32 MB.
        assert.ok(most < 150e6, `${most} bytes were held`);
        assert.ok(handles < 400, `${handles} handles were held`);
      });

      it("is found with its graph and its gradients", () => {
        const w = pt.ones(N, { requiresGrad: true });
        let most = 0;
        for (let i = 0; i < 200; i++) {
          w.grad = null;
          w.mul(2).add(1).pow(2).sum().backward();
          most = Math.max(most, pt.engineInfo().bytes);
        }
        assert.equal(w.grad!.at(0).item(), 12);
        assert.ok(most < 200e6, `${most} bytes were held`);
      });

      it("is freed at once where a gradient is handed on, without a look for it", () => {
        const x = pt.ones(N / 10, { requiresGrad: true });
        let y = x.mul(2);
        // Nothing of these is saved, and each has a gradient of its own on the way back.
        for (let i = 0; i < 40; i++) y = y.mul(2).neg();
        const seed = pt.ones(N / 10);
        const before = pt.engineInfo().handles;
        y.backward(seed);
        const more = pt.engineInfo().handles - before;
        assert.equal(x.grad!.at(0).item(), 2 ** 41);
        assert.ok(more < 10, `${more} more handles than before`);
      });

      it("is nothing that an operation has left behind when its kernel failed", () => {
        const { tfjs } = engine().residency.backend;
        const multiply = tfjs.getKernel("Multiply", name)!;
        const x = native(5);
        const inPlace = native(5);
        const leaked = leakedBy(() => {
          // The second product of a³ is the one that fails.
          let calls = 0;
          const original = multiply.kernelFunc;
          multiply.kernelFunc = (call) => {
            if (++calls % 2 === 0) throw new Error("out of memory");
            return original(call);
          };
          try {
            assert.deepEqual(elementsOf(x.pow(3)), Float32Array.from({ length: 5 }, (_, i) => (3 * i) ** 3));
            assert.equal(calls, 2, "the kernel failed");
            inPlace.pow_(3);
          } finally {
            multiply.kernelFunc = original;
          }
        });
        assert.equal(leaked, 0);
        assert.equal(inPlace.at(4).item(), 12 ** 3);
        assert.ok(pt.engineInfo().fallbacks.pow >= 2);
      });
    });

    describe("what was lent to the engine", () => {
      // Results that may be the very memory of x, or a part of it.
      const borrow: Record<string, (x: pt.Tensor) => pt.Tensor> = {
        clone: (x) => x.clone(),
        reshape: (x) => x.reshape(2, N / 2).clone(),
        rows: (x) => x.reshape(100, N / 100).at(pt.slice(0, 50)),
        row: (x) => x.reshape(100, N / 100).at(0),
        sum: (x) => x.unsqueeze(0).sum(0),
        expand: (x) => x.unsqueeze(0).squeeze().clone(),
        power: (x) => x.pow(1),
        cat: (x) => pt.cat([x]),
        where: (x) => x.where(pt.tensor(true), 0),
        permute: (x) => x.reshape(1, N).t(),
      };
      const writes: Record<string, (x: pt.Tensor) => unknown> = {
        zero_: (x) => x.zero_(),
        fill_: (x) => x.fill_(9),
        copy_: (x) => x.copy_(pt.full([N], 8, { dtype: "float32" })),
        mul_: (x) => x.mul_(0.5),
        data: (x) => x.data.zero_(),
        detach: (x) => x.detach().add_(1),
        "reshape, then zero_": (x) => x.reshape(2, N / 2).zero_(),
        "the host's mul_": (x) => onHost(() => x.mul_(2)),
      };
      for (const [way, write] of Object.entries(writes)) {
        it(`is not changed by ${way}`, () => {
          for (const [kind, make] of Object.entries(borrow)) {
            for (const start of [() => pt.arange(1, N + 1, 1, { dtype: "float32" }), () => native(N, 1).add(1)]) {
              const x = start();
              const result = make(x);
              const again = make(result.reshape(-1).numel() === N ? result.reshape(N) : x);
              write(x);
              const values = elementsOf(result);
              const at = (i: number): boolean => values[i] === i + 1;
              assert.ok(at(0) && at(1) && at(values.length - 1), `${kind}: ${values[0]}, ${values[1]}`);
              assert.equal(elementsOf(again)[1], 2, kind);
              // And what was written is what x is from here on, for the engine too.
              const own = Float32Array.from(elementsOf(x));
              assert.notEqual(own[1], 2, kind);
              assert.equal(x.add(0).at(1).item(), own[1], kind);
            }
          }
        });
      }

      it("is x's own again after the engine has let go", () => {
        const x = pt.ones(N);
        x.add(1);
        onHost(() => undefined);
        x.zero_();
        assert.equal(x.add(1).sum().item(), N);
      });
    });

    describe("in-place operations", () => {
      it("show in every tensor that shares the elements", () => {
        const x = native(6);
        const [view, detached] = [x.reshape(2, 3), x.detach()];
        x.add_(1);
        assert.deepEqual(view.toArray<number[][]>(), [[1, 4, 7], [10, 13, 16]]);
        view.mul_(2);
        assert.deepEqual(detached.toArray(), [2, 8, 14, 20, 26, 32]);
        detached.zero_();
        assert.equal(x.sum().item(), 0);
        x.data.fill_(2);
        assert.equal(view.sum().item(), 12);
      });

      it("are noticed by backward, and harmless where it does not need the value", () => {
        const w = native(5).requiresGrad_();
        const y = w.mul(2);
        const z = y.mul(y);
        pt.noGrad(() => y.add_(1));
        assert.throws(() => z.sum().backward(), /modified by an inplace operation: \[float32 \[5\]\].* is at version 1; expected version 0/);
        const sum = w.mul(2).add_(1).sum();
        sum.backward();
        assert.deepEqual(w.grad?.toArray(), [2, 2, 2, 2, 2]);
      });

      it("let backward read what was saved, also after it went home", () => {
        const w = native(5).requiresGrad_();
        const y = w.exp().mul(w);
        onHost(() => undefined);
        y.sum().backward();
        const expected = onHost(() => {
          const v = pt.tensor([0, 3, 6, 9, 12], { requiresGrad: true });
          v.exp().mul(v).sum().backward();
          return elementsOf(v.grad!);
        });
        Array.from(elementsOf(w.grad!)).forEach((g, i) => assert.ok(Math.abs(g - expected[i]) <= 1e-6 * expected[i]));
      });
    });

    it("loaders read datasets that the engine holds", () => {
      const [X, y] = [native(20, 1).reshape(10, 2), native(10, 1)];
      const batches = [...new pt.data.DataLoader(new pt.data.TensorDataset(X, y), { batchSize: 4 })];
      assert.deepEqual(batches.map(([rows]) => rows.shape), [[4, 2], [4, 2], [2, 2]]);
      assert.deepEqual(batches[1][0].toArray(), [[8, 9], [10, 11], [12, 13], [14, 15]]);
      assert.deepEqual(batches[2][1].toArray(), [8, 9]);
    });

    it("draws are the same on every engine", () => {
      const drawn = (): number[] => {
        pt.manualSeed(3);
        return [pt.randn(5000).at(4999).item(), pt.rand(3).at(2).item(), pt.randperm(9).at(4).item()];
      };
      assert.deepEqual(drawn(), onHost(drawn));
    });

    it("memory and engineInfo tell what is held, by engine", () => {
      const before = held();
      const x = native();
      const b = x.gt(1);
      const grown = held();
      assert.deepEqual([grown.bytes - before.bytes, grown.handles - before.handles].map((n) => n > 0), [true, true]);
      const info = pt.engineInfo();
      assert.deepEqual([info.choice, info.engine, info.bytes, info.handles], [name, name, grown.bytes, grown.handles]);
      assert.equal(info.device.startsWith("CPU") || info.device.startsWith("GPU"), true);
      assert.match(info.version, /^\d+\.\d+/);
      assert.deepEqual(
        Object.keys(info).filter((key) => key !== "missing"),
        ["choice", "engine", "version", "device", "bytes", "handles", "budget", "fallbacks", "reclaim"],
      );
      const text = inspect(info);
      assert.match(text, new RegExp(`^engine +${name}\\nversion +\\S`));
      assert.match(text, /\nheld +\d+\.\d MB of \d+\.\d MB, \d+ tensors\nleft to the host +\S/);
      const bundle = (info as unknown as Record<symbol, () => Record<string, string>>)[Symbol.for("Jupyter.display")]();
      assert.equal(bundle["text/plain"], text);
      assert.match(bundle["text/html"], new RegExp(`^<table><tr><th>engine</th><td>${name}</td></tr>.*</table>$`));
      onHost(() => assert.deepEqual(pt.memory()[name], { bytes: 0, handles: 0 }));
      assert.ok(elementsOf(b));
    });
  });
}

describe("residency without the addon", function () {
  this.timeout(60_000);

  it("is bounded by the budget alone", async () => {
    const copy = copyWithout("addon");
    try {
      const script = `
        pt.setEngine("wasm");
        pt.setMemoryBudget(10e6);
        const x = pt.ones(${N});
        let y = x, most = 0;
        for (let i = 0; i < 500; i++) { y = y.add(x); most = Math.max(most, pt.engineInfo().bytes); }
        console.log(JSON.stringify([y.at(0).item(), most, pt.engineInfo().reclaim, pt.engineInfo().handles > 20]));`;
      const { library } = copy;
      const [value, most, reclaim, many] = await evaluate<[number, number, string, boolean]>(script, { library });
      assert.deepEqual([value, reclaim, many], [501, "budget", true]);
      assert.ok(most <= 10e6 + 3 * BYTES, `${most} bytes were held`);
    } finally {
      copy.remove();
    }
  });
});
