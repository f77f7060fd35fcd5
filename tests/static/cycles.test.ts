// That no file of the library requires itself, however many files lie between. Imports Node's built-ins.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const dist = join(__dirname, "..", "..", "kernel-lib", "dist");

type Graph = Map<string, string[]>;

/** What each compiled file requires of its own package; imports of types are gone from it. */
function requires(folder: string): Graph {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return new Map(names.filter((name) => name.endsWith(".js")).map((name) => {
    const file = join(folder, name);
    const found = [...readFileSync(file, "utf8").matchAll(/\brequire\("(\.[^"]*)"\)/g)];
    return [file, found.map(([, path]) => require.resolve(resolve(dirname(file), path)))];
  }));
}

/** The files of one cycle in order, the first again at the end, or undefined. */
function findCycle(graph: Graph): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    const index = path.indexOf(file);
    if (index >= 0) return [...path.slice(index), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return undefined;
}

describe("import cycles", () => {
  it("there is none in the library as it runs", () => {
    const graph = requires(dist);
    const edges = [...graph.values()].reduce((sum, next) => sum + next.length, 0);
    assert.ok(graph.size > 10 && edges > graph.size, `the walk saw ${graph.size} files and ${edges} requires`);
    assert.equal(findCycle(graph)?.map((file) => relative(dist, file)).join(" → "), undefined);
  });

  it("one would be found", () => {
    const graph: Graph = new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", ["d"]], ["d", ["b"]]]);
    assert.deepEqual(findCycle(graph), ["b", "c", "d", "b"]);
  });
});
