// Running tests on each engine beside the host, and looking at where values are. Imports the built library and mocha.
import assert from "node:assert/strict";
import * as pt from "torchlab";
import type { TfjsEngine } from "../../kernel-lib/dist/engines/tfjs/engine";
import { selection } from "../../kernel-lib/dist/engines/selection";
import type { Storage } from "../../kernel-lib/dist/engines/storage";

export const engineNames = ["tensorflow", "wasm"] as const;
export type Name = (typeof engineNames)[number];

/**
 * A suite with `name` as the engine, once it is loaded. Where TensorFlow is not to be had on this machine its tests
 * count as skipped, and the reason is said; WebAssembly is everywhere.
 */
export function describeOn(name: Name, title: string, body: () => void): void {
  describe(`${title}, on ${name}`, () => {
    let before: pt.EngineChoice;
    beforeSuite(function () {
      before = pt.engineInfo().choice;
      try {
        pt.setEngine(name);
      } catch (error) {
        if (name === "wasm") throw error;
        console.log(`      skipped: ${(error as Error).message}`);
        this.skip();
      }
    });
    body();
    after(() => pt.setEngine(before));
  });
}

/** A suite on the host, under its own title, and on each engine. */
export function onEachEngine(title: string, body: (engine: pt.EngineName) => void): void {
  describe(title, () => {
    let before: pt.EngineChoice;
    beforeSuite(() => {
      before = pt.engineInfo().choice;
      pt.setEngine("host");
    });
    body("host");
    after(() => pt.setEngine(before));
  });
  for (const name of engineNames) describeOn(name, title, () => body(name));
}

const beforeSuite = (f: (this: Mocha.Context) => void): void => {
  before(f);
};

/** What `f` returns with the host as the engine. What the present engine holds goes home. */
export function onHost<R>(f: () => R): R {
  return on("host", f);
}

/** What `f` returns with `name` as the engine. */
export function on<R>(name: pt.EngineChoice, f: () => R): R {
  const before = pt.engineInfo().choice;
  pt.setEngine(name);
  try {
    return f();
  } finally {
    pt.setEngine(before);
  }
}

/** The elements, wherever they are. */
export const storageOf = (x: pt.Tensor): Storage => (x as unknown as { storage: Storage }).storage;

/** Whether an engine holds the elements. */
export const isNative = (x: pt.Tensor): boolean => storageOf(x).residence !== null;

/** The elements in a row. */
export const elementsOf = (x: pt.Tensor): ArrayLike<number> => storageOf(x).data;

/** The engine that computes now. */
export function engine(): TfjsEngine {
  const { active } = selection();
  assert.ok(active, "an engine is loaded");
  return active;
}

/** How many values `f` leaves on the backend once all tensors have been brought home: what nobody would free. */
export function leakedBy(f: () => void): number {
  const { kernels } = engine().residency.backend;
  onHost(() => undefined);
  const before = kernels.numDataIds();
  f();
  onHost(() => undefined);
  return kernels.numDataIds() - before;
}

/** What the present engine left to the host while `f` ran. */
export function fallbacksIn(f: () => void): Record<string, number> {
  const before = pt.engineInfo().fallbacks;
  f();
  const after = Object.entries(pt.engineInfo().fallbacks);
  return Object.fromEntries(
    after.map(([name, count]) => [name, count - (before[name] ?? 0)] as const).filter(([, count]) => count > 0),
  );
}
