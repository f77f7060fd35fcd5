// Plots as plain specifications: what is drawn, what is refused. Imports the built library.
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pt from "torchlab";

type Spec = pt.Spec;

const units = (spec: Spec): Spec[] => spec.layer ?? [spec];
const rows = (unit: Spec | undefined) => unit?.data?.values ?? [];
const lineUnits = (spec: Spec) => units(spec).filter((unit) => unit.mark?.type === "line");
const labels = (spec: Spec) => units(spec).filter((unit) => unit.mark?.type === "text" && !unit.mark.stroke);
const range = (n: number, f: (i: number) => number = (i) => i) => Array.from({ length: n }, (_, i) => f(i));

interface DrawnBox {
  node: string;
  x: number;
  x2: number;
  y: number;
  y2: number;
}

/** The boxes of a graph's drawing, and the points of each arrow. */
function drawnGraph(spec: Spec): { boxes: DrawnBox[]; arrows: { x: number; y: number }[][] } {
  const boxes = units(spec).filter((unit) => unit.mark?.type === "rect").flatMap(rows) as unknown as DrawnBox[];
  const points = lineUnits(spec).flatMap(rows) as unknown as { x: number; y: number; part?: number }[];
  const parts = new Map<number, { x: number; y: number }[]>();
  for (const { part = 0, x, y } of points) parts.set(part, [...(parts.get(part) ?? []), { x, y }]);
  return { boxes, arrows: [...parts.values()] };
}

describe("plot", () => {
  describe("values", () => {
    it("takes arrays, typed arrays, iterables and tensors alike", () => {
      const y = [1, 4, 9];
      const plain = pt.plot.scatter([1, 2, 3], y);
      assert.deepEqual(pt.plot.scatter(Float64Array.from([1, 2, 3]), new Set(y)), plain);
      assert.deepEqual(pt.plot.scatter(pt.tensor([1, 2, 3]), pt.tensor(y)), plain);
      assert.deepEqual(pt.plot.scatter(pt.tensor([[1], [2], [3]]), y), plain, "[N, 1] are N numbers");
      assert.deepEqual(rows(plain), [{ x: 1, y: 1 }, { x: 2, y: 4 }, { x: 3, y: 9 }]);
    });

    it("names both lengths where they differ", () => {
      assert.throws(() => pt.plot.line([1, 2, 3], [1, 2]), /^RangeError: line: x has 3 values and y has 2/);
      assert.throws(() => pt.plot.scatter([1], [1, 2]), /scatter: x has 1 values and y has 2/);
      assert.throws(() => pt.plot.line([1, 2], { a: [1, 2], b: [1] }), /line "b": x has 2 values and y has 1/);
      assert.throws(() => pt.plot.text([1], [1], ["a", "b"]), /2 texts for 1 points/);
      assert.throws(() => pt.plot.bars(["a", "b"], [1]), /2 names and 1 values/);
    });

    it("refuses what is not a row of numbers, and says where", () => {
      assert.throws(() => pt.plot.loss(pt.ones([2, 3])), /loss: history has shape \[2, 3\]/);
      assert.throws(() => pt.plot.loss(["a"] as unknown as number[]), /loss: history\[0\] is string a, not a number/);
      assert.throws(() => pt.plot.loss(undefined as unknown as number[]), /loss: history is undefined/);
      assert.throws(() => pt.plot.heatmap([[1, 2], [3]]), /row 1 has 1 values, row 0 has 2/);
    });

    it("keeps seven digits of each number, and all where the values differ only beyond them", () => {
      const [short] = units(pt.plot.loss(pt.tensor([0.1, 0.2])));
      assert.deepEqual(rows(short).map((row) => row.y), [0.1, 0.2], "float32's 0.10000000149 is 0.1");
      const close = [1 + 1e-12, 1 + 2e-12];
      assert.deepEqual(rows(units(pt.plot.loss(close))[0]).map((row) => row.y), close);
    });
  });

  describe("what cannot be drawn", () => {
    it("breaks a line at NaN and infinity instead of joining across", () => {
      const [unit] = lineUnits(pt.plot.line(range(6), [1, 2, NaN, 4, Infinity, 6]));
      assert.deepEqual(rows(unit).map(({ x, part }) => [x, part]), [[0, 0], [1, 0], [3, 1], [5, 2]]);
      assert.deepEqual(unit?.encoding?.detail?.field, "part");
    });

    it("breaks a line at what is not positive on a log axis", () => {
      const spec = pt.plot.loss([8, 0, 4, -1, 2], { y: { title: "loss", scale: "log" } });
      assert.deepEqual(rows(lineUnits(spec)[0]).map((row) => row.y), [8, 4, 2]);
      assert.match(spec.description ?? "", /2 points that are not finite are not drawn/);
    });

    it("says so where nothing is left", () => {
      assert.throws(() => pt.plot.loss([NaN, NaN]), /nothing to draw: all 2 points are NaN or infinite/);
      assert.throws(() => pt.plot.loss([]), /nothing to draw: it has no points/);
      assert.throws(() => pt.plot.loss({ a: [1], b: [NaN] }), /nothing to draw for "b"/);
      assert.throws(() => pt.plot.loss({}), /no series/);
      assert.throws(() => pt.plot.layer([]), /no figures/);
    });
  });

  it("thins a long line to at most 1,000 rows and keeps its spikes and ends", () => {
    fc.assert(fc.property(
      fc.integer({ min: 1001, max: 20000 }), fc.nat(), fc.nat(),
      (n, low, high) => {
        const y = range(n, (i) => Math.sin(i));
        y[low % n] = -50;
        if (low % n !== high % n) y[high % n] = 50;
        const drawn = rows(lineUnits(pt.plot.loss(y))[0]);
        assert.ok(drawn.length <= 1000 && drawn.length > 500, `${drawn.length} rows`);
        assert.ok(drawn.some((row) => row.y === -50));
        assert.ok(low % n === high % n || drawn.some((row) => row.y === 50));
        assert.deepEqual([drawn[0]?.x, drawn.at(-1)?.x], [0, n - 1]);
        assert.ok(drawn.every((row, i) => i === 0 || Number(row.x) > Number(drawn[i - 1]?.x)), "in order");
      },
    ), { numRuns: 30 });
  });

  it("keeps the labels of lines that end together apart", () => {
    const somewhere = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 8 });
    fc.assert(fc.property(somewhere, (ends) => {
      const series = Object.fromEntries(ends.map((end, i) => [`s${i}`, [0, 10, end]]));
      const height = 320;
      const spec = pt.plot.line([0, 1, 2], series, { height });
      const at = labels(spec).map((unit) =>
        height - (Number(rows(unit)[0]?.y) / 10) * height + Number(unit.mark?.dy ?? 0));
      assert.equal(at.length, ends.length);
      at.sort((a, b) => a - b);
      const least = at.slice(1).reduce((gap, y, i) => Math.min(gap, y - (at[i] ?? 0)), Infinity);
      assert.ok(least > 13, `labels ${least} pixels apart`);
      assert.ok((at[0] ?? 0) >= -1 && (at.at(-1) ?? 0) <= height + 1);
    }));
  });

  it("puts value i of a series at epoch i / perEpoch", () => {
    const spec = pt.plot.loss({ a: range(9), b: range(5) }, { by: "epoch", perEpoch: { a: 4, b: 2 } });
    assert.deepEqual(lineUnits(spec).map((unit) => rows(unit).at(-1)?.x), [2, 2]);
    assert.equal(lineUnits(spec)[0]?.encoding?.x?.title, "epoch");
    assert.throws(() => pt.plot.loss([1], { by: "epoch", perEpoch: 0 }), /perEpoch is 0/);
  });

  it("carries no points far beyond the ends of a given axis", () => {
    const spec = pt.plot.loss(range(50), { x: { title: "iteration", domain: [10, 12] } });
    assert.deepEqual(rows(lineUnits(spec)[0]).map((row) => row.x), [9, 10, 11, 12, 13]);
    const across = pt.plot.line([0, 100], [0, 100], { x: { title: "x", domain: [40, 60] } });
    assert.equal(rows(lineUnits(across)[0]).length, 2, "a line may cross the whole plot");
  });

  it("gives a label amid the marks a white rim, and one beside the plot none", () => {
    const rims = (spec: Spec) => units(spec).filter((unit) => unit.mark?.stroke === "white").length;
    assert.equal(rims(pt.plot.line([0, 1], [0, 1], { label: "a" })), 0);
    const short = pt.plot.line([0, 0.5], [1, 0], { label: "short" });
    assert.equal(rims(pt.plot.layer([pt.plot.line([0, 1], [0, 1], { label: "a" }), short])), 1);
  });

  it("tells series by more than colour", () => {
    const spec = pt.plot.line([0, 1], { a: [0, 1], b: [1, 2], c: [2, 3] });
    const looks = lineUnits(spec).map((unit) => JSON.stringify(unit.mark?.strokeDash ?? "solid"));
    assert.equal(new Set(looks).size, 3);
  });

  describe("layer", () => {
    it("puts all marks on the same axes, taken from the options, else from the first figure", () => {
      const points = pt.plot.scatter([1, 2], [3, 4], { x: "width (cm)", y: "height (cm)" });
      const line = pt.plot.line([0, 3], [0, 6], { label: "fit" });
      const spec = pt.plot.layer([points, line], { y: { title: "height (m)", scale: "log" } });
      for (const unit of units(spec)) {
        assert.equal(unit.encoding?.x?.title, "width (cm)");
        assert.equal(unit.encoding?.y?.title, "height (m)");
        assert.equal(unit.encoding?.y?.scale?.type, "log");
      }
      assert.deepEqual(rows(lineUnits(spec)[0]).map((row) => row.y), [6], "0 has no place on a log axis");
    });

    it("widens a log axis to what is laid over it, unless its ends were given", () => {
      const y = { title: "loss", scale: "log" } as const;
      const domain = (spec: Spec) => units(spec)[0]?.encoding?.y?.scale?.domain;
      const over = pt.plot.loss([100, 1000], { y });
      assert.deepEqual(domain(pt.plot.layer([pt.plot.loss([1, 10], { y }), over])), [1, 1000]);
      assert.deepEqual(domain(pt.plot.layer([pt.plot.loss([1, 10], { y: { ...y, domain: [1, 20] } }), over])), [1, 20]);
    });

    it("is associative and keeps one label a series", () => {
      const [a, b, c] = ["a", "b", "c"].map((label, i) => pt.plot.line([0, 1], [i, i + 1], { label }));
      const left = pt.plot.layer([pt.plot.layer([a, b]), c]);
      assert.deepEqual(left, pt.plot.layer([a, b, c]));
      assert.deepEqual(labels(left).map((unit) => rows(unit)[0]?.label), ["a", "b", "c"]);
    });

    it("takes caption and written description from its figures", () => {
      const told = pt.plot.loss([1, 2], { caption: "It falls.", description: "A line." });
      const spec = pt.plot.layer([pt.plot.rule({ y: 1 }), told]);
      assert.equal(spec.usermeta?.caption, "It falls.");
      assert.equal(spec.description, "A line.");
      assert.equal(spec.usermeta?.automatic, undefined);
    });

    it("refuses what it cannot lay over anything", () => {
      const a = pt.plot.loss([1]);
      assert.throws(() => pt.plot.layer([a, pt.plot.hconcat([a, a])]), /figure 1 stands side by side/);
      assert.throws(() => pt.plot.layer([{}]), /argument 0 is not a figure/);
    });
  });

  it("keeps the ticks given for a log axis, and computes those that were not", () => {
    const figure = (ticks?: number[]): pt.Spec =>
      pt.plot.layer([pt.plot.loss([1, 20])], { y: { title: "loss", scale: "log", domain: [0.8, 50], ticks } });
    const ticksOf = (spec: pt.Spec): unknown => lineUnits(spec)[0].encoding?.y?.axis?.values;
    const panel = (spec: pt.Spec): pt.Spec => (pt.plot.vconcat([spec, spec], { height: 170 }).vconcat as pt.Spec[])[0];
    assert.deepEqual(ticksOf(panel(figure([1, 4, 40]))), [1, 4, 40]);
    assert.deepEqual(ticksOf(panel(figure())), ticksOf(figure()));
  });

  it("shares a log axis between panels whose data differ", () => {
    const y = { title: "loss", scale: "log" } as const;
    const spec = pt.plot.hconcat([pt.plot.loss([1, 10], { y }), pt.plot.loss([100, 5000], { y })], { share: "y" });
    const domains = (spec.hconcat ?? []).map((panel) => units(panel)[0]?.encoding?.y?.scale?.domain);
    assert.deepEqual(domains[0], domains[1]);
    assert.deepEqual(domains[0], [1, 5000]);
  });

  it("refuses impossible axes", () => {
    assert.throws(() => pt.plot.loss([1], { y: { domain: [2, 1] } }), /axis domain \[2, 1\]/);
    assert.throws(() => pt.plot.loss([1], { y: { scale: "log", domain: [0, 1] } }), /both ends must be positive/);
  });

  describe("tiles", () => {
    const batches = (n: number, size: number) => range(n, (i) => Math.floor(i / size));

    it("draws one tile a sample, hatches the incomplete batch and says how many there are", () => {
      const spec = pt.plot.tiles({ "of 33": batches(100, 33), "of 25": batches(100, 25) });
      const of = (type: string) => units(spec).filter((unit) => unit.mark?.type === type).flatMap(rows);
      assert.equal(of("rect").length, 200);
      assert.deepEqual(of("point"), [{ x: 99.5, y: "of 33" }], "the hundredth sample alone");
      const texts = of("text").map((row) => row.label);
      assert.deepEqual(texts.filter((text) => String(text).includes("batch")), ["4 batches, the last of 1", "4 batches"]);
    });

    it("leaves dropped samples empty", () => {
      const spec = pt.plot.tiles({ "51": range(100, (i) => (i < 51 ? 0 : NaN)) });
      const groups = rows(units(spec)[0]).map((row) => row.group);
      assert.equal(groups.filter((group) => group === null).length, 49);
      assert.match(spec.description ?? "", /1 batch, 49 dropped/);
    });
  });

  describe("graph", () => {
    it("places every node to the right of what leads to it", () => {
      const nodes = ["y", "u", "x", "c"].map((id) => ({ id }));
      const spec = pt.plot.graph(nodes, [["x", "u"], ["x", "u"], ["u", "y"], ["c", "y"]]);
      const rects = units(spec).filter((unit) => unit.mark?.type === "rect").flatMap(rows);
      const left = Object.fromEntries(rects.map((row) => [row.node, Number(row.x)])) as Record<string, number>;
      assert.ok(left.x < left.u && left.u < left.y && left.c < left.y);
      assert.equal(left.c, left.u, "a leaf stands just before its use");
      const arrows = drawnGraph(spec).arrows.map((points) => JSON.stringify(points));
      assert.equal(new Set(arrows).size, 4, "twin arrows do not coincide");
    });

    it("draws no arrow behind a box, and every one from box to box", () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 9 }),
          fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 18 }),
          fc.boolean(),
          (n, pairs, backward) => {
            const nodes = range(n).map((i) => ({ id: `${i}`, label: "wide ".repeat(i % 4), detail: `${i}` }));
            // From the lower number to the higher, some of them twice: no cycle.
            const edges = pairs.map(([a, b]) => [Math.min(a, b), Math.max(a, b)]).filter(([a, b]) => a < b && b < n)
              .map(([a, b]) => [`${a}`, `${b}`] as const);
            const { boxes, arrows } = drawnGraph(pt.plot.graph(nodes, edges, { backward }));
            boxes.forEach((box, i) => boxes.slice(i + 1).forEach((other) => {
              const apart = box.x2 <= other.x || other.x2 <= box.x || box.y2 <= other.y || other.y2 <= box.y;
              assert.ok(apart, `${box.node} and ${other.node} overlap`);
            }));
            assert.equal(arrows.length, edges.length);
            arrows.forEach((points, i) => {
              const [from, to] = edges[i].map((id) => boxes.find(({ node }) => node === id)!);
              const [start, end] = [points[0], points.at(-1)!];
              // The line ends in its head, some pixels from the box.
              assert.ok(Math.abs(start.x - from.x2) < 8 && start.y > from.y && start.y < from.y2);
              assert.ok(Math.abs(end.x - to.x) < 8 && end.y > to.y && end.y < to.y2);
              // A monotone curve stays in the rectangles between its points.
              points.slice(1).forEach((point, k) => {
                const before = points[k];
                assert.ok(point.x > before.x, "arrows go to the right");
                const [top, bottom] = [Math.min(before.y, point.y), Math.max(before.y, point.y)];
                for (const box of boxes) {
                  const hit = point.x > box.x && before.x < box.x2 && bottom > box.y && top < box.y2;
                  assert.ok(!hit, `the arrow from ${edges[i].join(" to ")} passes behind ${box.node}`);
                }
              });
            });
          },
        ),
      );
    });

    it("refuses cycles, unknown ends and repeated ids", () => {
      const nodes = [{ id: "a" }, { id: "b" }];
      assert.throws(() => pt.plot.graph(nodes, [["a", "b"], ["b", "a"]]), /the edges form a cycle/);
      assert.throws(() => pt.plot.graph(nodes, [["a", "a"]]), /the edges form a cycle/);
      assert.throws(() => pt.plot.graph(nodes, [["a", "c"]]), /there is no node "c", only a, b/);
      assert.throws(() => pt.plot.graph([{ id: "a" }, { id: "a" }], []), /an id occurs twice/);
    });

    it("draws the tape of a Scalar, each step once, with values and gradients", () => {
      const a = new pt.Scalar(3);
      const square = a.mul(a);
      const y = square.add(square).sub(2);
      y.backward();
      const said = pt.plot.graph(y, { names: { a, y }, title: "y" }).description;
      assert.equal(
        said,
        "Graph: a (3, grad 12); mul (9, grad 2); add (18, grad 1); 2; y = sub (16, grad 1). " +
          "Arrows: a to mul, a to mul, mul to add, mul to add, add to y = sub, 2 to y = sub.",
      );
    });

    it("draws the tape of a tensor, with the shapes that steps do not keep", () => {
      const x = pt.tensor([[1, 2], [3, 4], [5, 6], [7, 8]], { dtype: pt.float32 });
      const w = pt.ones(2, 1, { requiresGrad: true });
      const b = pt.zeros(1, { requiresGrad: true });
      const scores = x.matmul(w).add(b);
      const loss = scores.pow(2).mean().add(w.pow(2).sum());
      loss.backward();
      const said = pt.plot.graph(loss, { names: { w, b, loss } }).description ?? "";
      assert.match(said, /^Graph: w \(\[1, 1\], grad \[94, 112\]\); b \(0, grad 18\); Mm \(shape \[4, 1\]\); Add \(shape \[4, 1\]\);/);
      assert.match(said, /loss = Add \(103\)/);
      assert.throws(() => pt.plot.graph(x), /does not require grad: there is no graph to draw/);
      let deep = w;
      for (let i = 0; i < 100; i++) deep = deep.mul(1);
      assert.throws(() => pt.plot.graph(deep), /101 steps are too many to draw/);
    });
  });

  describe("for every reader", () => {
    it("composes a description, and knows that nobody wrote it", () => {
      const spec = pt.plot.loss({ SGD: [8, 4, 1], Adam: [8, 2] });
      assert.equal(
        spec.description,
        "Lines of loss against iteration. SGD: 3 points, from 8 to 1; Adam: 2 points, from 8 to 2. X from 0 to 2, y from 1 to 8.",
      );
      assert.equal(spec.usermeta?.automatic, true);
    });

    it("says what a figure lacks, and nothing of one that lacks nothing", () => {
      const whole = { caption: "It falls.", description: "A line that falls from 2 to 1." };
      assert.deepEqual(pt.plot.problems(pt.plot.loss([2, 1], whole)), []);
      assert.deepEqual(pt.plot.problems(pt.plot.hconcat([pt.plot.loss([2, 1])], whole)), []);
      assert.deepEqual(pt.plot.problems(pt.plot.graph([{ id: "a" }], [], whole)), [], "a graph has no axes");
      assert.match(pt.plot.problems(pt.plot.loss([2, 1])).join(), /no caption.*no written description/);
      assert.deepEqual(pt.plot.problems(pt.plot.loss([2, 1], { ...whole, x: "" })), ["no x axis title"]);
    });

    it("gives its data as tables headed by the axes' titles", () => {
      const spec = pt.plot.layer([
        pt.plot.line([0, 1], [0, 2], { label: "fit", points: true }),
        pt.plot.rule({ y: 1 }, { label: "limit" }),
      ], { x: "time (s)", y: "way (m)" });
      assert.deepEqual(pt.plot.tables(spec), [
        { name: "fit", columns: ["time (s)", "way (m)"], rows: [[0, 0], [1, 2]] },
        { name: "limit", columns: ["way (m)"], rows: [[1]] },
      ]);
    });
  });

  it("is plain JSON that does not change its input", () => {
    const parts = [pt.plot.scatter([1, 2], [3, 4]), pt.plot.rule({ x: 1 }, { label: "one" })];
    const before = JSON.stringify(parts);
    const spec = pt.plot.layer(parts, { title: "A title", legend: true });
    assert.equal(JSON.stringify(parts), before);
    assert.deepEqual(JSON.parse(JSON.stringify(spec)), { ...spec });
    assert.match(spec.$schema ?? "", /vega-lite\/v5/);
  });
});
