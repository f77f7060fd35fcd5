// Weak references that a collection clears at once, and calls that signals do not interrupt: the addon's own functions.
// Imports the built library's loader of the addon.
import assert from "node:assert/strict";
import { native } from "../../kernel-lib/dist/engines/native";
import { collectYoung } from "../../kernel-lib/dist/engines/weak";

type Addon = NonNullable<typeof native>;

describe("the addon", () => {
  let addon: Addon;
  before(function () {
    if (native === null) {
      console.log("      skipped: kernel-lib/native/build/native.node is not there; set-up says why");
      this.skip();
    }
    addon = native;
  });
  // What other suites dropped is told once, here.
  beforeEach(() => {
    collectYoung();
    addon.collected();
  });

  /** Slots of objects that nobody else refers to. In a function of its own, so that its stack goes. */
  const dropped = (count: number): number[] => Array.from({ length: count }, (_, i) => addon.watch({ i }));

  it("gives the object while it lives", () => {
    const object = { a: 1 };
    const slot = addon.watch(object);
    collectYoung();
    assert.equal(addon.get(slot), object);
    assert.deepEqual(addon.collected(), []);
    addon.release(slot);
  });

  it("tells, once, in the same synchronous run, that it is gone", () => {
    const slots = dropped(100);
    collectYoung();
    assert.deepEqual(addon.collected().sort((a, b) => a - b), slots.sort((a, b) => a - b));
    assert.deepEqual(addon.collected(), []);
  });

  it("gives nothing for an object that is gone and not yet told", () => {
    const [slot] = dropped(1);
    collectYoung();
    assert.equal(addon.get(slot), undefined);
    assert.deepEqual(addon.collected(), [slot]);
  });

  it("uses slots again", () => {
    const [first, second] = [{}, {}];
    const slot = addon.watch(first);
    addon.release(slot);
    assert.equal(addon.watch(second), slot);
    assert.equal(addon.get(slot), second);
    addon.release(slot);
    const told = dropped(3).sort((a, b) => a - b);
    collectYoung();
    addon.collected();
    const again = [{}, {}, {}];
    assert.deepEqual(again.map((object) => addon.watch(object)).sort((a, b) => a - b), told);
    told.forEach((one) => addon.release(one));
  });

  it("keeps ten thousand apart", () => {
    const kept = Array.from({ length: 10_000 }, (_, i) => ({ i }));
    const slots = kept.map((object) => addon.watch(object));
    const gone = dropped(10_000);
    assert.equal(new Set([...slots, ...gone]).size, 20_000);
    collectYoung();
    assert.equal(addon.collected().length, 10_000);
    assert.ok(slots.every((slot, i) => addon.get(slot) === kept[i]));
    slots.forEach((slot) => addon.release(slot));
    assert.ok(slots.every((slot) => throws(() => addon.get(slot))));
  });

  const throws = (f: () => unknown): boolean => {
    try {
      f();
      return false;
    } catch {
      return true;
    }
  };

  it("refuses what is no object, and slots that are not in use", () => {
    const object = {};
    const slot = addon.watch(object);
    addon.release(slot);
    const loose = addon as unknown as Record<keyof Addon, (...args: unknown[]) => unknown>;
    for (const value of [1, "a", undefined, null]) assert.throws(() => loose.watch(value), /only objects can be watched/);
    assert.throws(() => loose.watch(), /only objects can be watched/);
    for (const value of [slot, -1, 1e9, "0", undefined]) {
      assert.throws(() => loose.get(value), /there is no such slot/);
      assert.throws(() => loose.release(value), /there is no such slot/);
    }
  });

  it("hands on what an uninterrupted function returns, and what it throws", () => {
    assert.equal(addon.uninterrupted(() => 7), 7);
    const error = new Error("inside");
    assert.throws(() => addon.uninterrupted(() => { throw error; }), error);
    assert.equal(addon.uninterrupted(() => addon.uninterrupted(() => "nested")), "nested");
  });
});
