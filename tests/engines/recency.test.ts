// The order of use against a plain array that says the same. Imports the built module.
import assert from "node:assert/strict";
import fc from "fast-check";
import { Recency, type Used } from "../../kernel-lib/dist/engines/tfjs/recency";

class Item implements Used<Item> {
  older: Item | null = null;
  newer: Item | null = null;
  constructor(readonly slot: number) {}
}

/** From the one used longest ago. */
function inOrder(list: Recency<Item>): Item[] {
  const items: Item[] = [];
  for (let item = list.oldest; item !== null; item = item.newer) items.push(item);
  return items;
}

describe("the order of use", () => {
  it("is that of an array from which items are taken and to which they are added", () => {
    const step = fc.record({ what: fc.constantFrom("add", "touch", "remove"), at: fc.nat(5) });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const list = new Recency<Item>();
      let model: Item[] = [];
      for (const { what, at } of steps) {
        const there = model.find(({ slot }) => slot === at);
        if (what === "add" && !there) {
          const item = new Item(at);
          list.add(item);
          model.push(item);
        } else if (there && what !== "add") {
          model = model.filter((item) => item !== there);
          if (what === "touch") {
            list.touch(there);
            model.push(there);
          } else {
            list.remove(there);
            // A second time does nothing.
            list.remove(there);
            assert.deepEqual([there.older, there.newer], [null, null]);
          }
        }
        assert.deepEqual(inOrder(list).map(({ slot }) => slot), model.map(({ slot }) => slot));
        model.forEach((item, i) => assert.equal(item.older, model[i - 1] ?? null));
        for (let slot = 0; slot <= 5; slot++) {
          assert.equal(list.at(slot), model.find((item) => item.slot === slot) ?? null);
        }
        model.forEach((item) => assert.ok(list.has(item)));
      }
    }));
  });
});
