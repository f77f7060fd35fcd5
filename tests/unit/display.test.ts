// Figures as SVG and as notebook outputs. Imports the built library; a link stands in for the kernel where only
// the order of what the library hands over matters.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import * as pt from "torchlab";

const LINK = Symbol.for("torchlab.kernel");
const globals = globalThis as { [LINK]?: pt.KernelLink };
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const words = { caption: "It falls.", description: "A falling line." };

/** The marks of one kind in the drawing: how many elements its groups hold. */
function marks(svg: string, kind: "symbol" | "line" | "rect" | "rule" | "text"): number {
  const groups = svg.matchAll(new RegExp(`<g class="mark-${kind} role-mark[^"]*"[^>]*>(.*?)</g>`, "g"));
  return Array.from(groups, ([, inner]) => (inner?.match(/<(path|line|text)\b/g) ?? []).length).reduce((a, b) => a + b, 0);
}

const textsOf = (svg: string) => Array.from(svg.matchAll(/<text[^>]*>(.*?)<\/text>/g), (match) => match[1]);

interface Shown {
  bundle: pt.MimeBundle | Promise<pt.MimeBundle>;
  options: pt.DisplayOptions | undefined;
}

/** The text of each output, in order. */
async function textsShown(shown: readonly Shown[]): Promise<string[]> {
  const texts: string[] = [];
  for (const { bundle } of shown) texts.push(String((await bundle)["text/plain"]));
  return texts;
}

/** Runs with a link in place and gives what was handed over. */
async function linked(run: (link: pt.KernelLink) => void | Promise<void>): Promise<Shown[]> {
  const shown: Shown[] = [];
  const link: pt.KernelLink = {
    interrupted: false,
    display: (bundle, options) => void shown.push({ bundle, options }),
    onAbort: () => undefined,
  };
  globals[LINK] = link;
  try {
    await run(link);
  } finally {
    Reflect.deleteProperty(globals, LINK);
  }
  return shown;
}

describe("toSVG", () => {
  it("draws every point of the data", async () => {
    const svg = await pt.toSVG(pt.plot.scatter(pt.linspace(-5, 5, 100), pt.linspace(0, 1, 100)));
    assert.equal(marks(svg, "symbol"), 100);
    assert.equal(marks(await pt.toSVG(pt.plot.tiles({ a: range(100) })), "rect"), 100);
    assert.equal(marks(await pt.toSVG(pt.plot.heatmap([range(30), range(30)])), "rect"), 60);
    assert.equal(marks(await pt.toSVG(pt.plot.bars(range(20), range(20))), "rect"), 20);
    assert.equal(marks(await pt.toSVG(pt.plot.rule({ x: [1, 2, 3] })), "rule"), 3);
  });

  it("draws every named series, with its name whole", async () => {
    const long = "stochastic gradient descent with momentum 0.9, weight decay and a very long name";
    const runs = { [long]: [3, 2, 1], Adam: [3, 1, 0.5] };
    for (const legend of [false, true]) {
      const svg = await pt.toSVG(pt.plot.loss(runs, { legend }));
      assert.equal(marks(svg, "line"), 2);
      assert.deepEqual(textsOf(svg).filter((text) => text === long || text === "Adam"), [long, "Adam"]);
      assert.ok(!svg.includes("…"), "nothing is cut");
    }
  });

  it("is wide enough for its texts", async () => {
    const width = async (label: string) =>
      Number(/width="([\d.]+)"/.exec(await pt.toSVG(pt.plot.loss([2, 1], { label })))?.[1]);
    const ten = await width("mmmmmmmmmm");
    // Ten letters m of 13 pixels, 0.833 em each.
    assert.ok(Math.abs((await width("mmmmmmmmmmmmmmmmmmmm")) - ten - 108.3) < 1.5);
    assert.ok(ten > 560 + 108);
  });

  it("leaves the figure as it is", async () => {
    const spec = pt.plot.loss([2, 1]);
    await pt.toSVG(spec);
    assert.deepEqual(spec, pt.plot.loss([2, 1]));
  });

  it("writes axis titles and title", async () => {
    const svg = await pt.toSVG(pt.plot.scatter([1, 2], [3, 4], { x: "time (s)", y: "way (m)", title: "A walk" }));
    for (const text of ["time (s)", "way (m)", "A walk"]) assert.ok(textsOf(svg).includes(text), text);
  });

  it("breaks a title that is wider than the figure into lines", async () => {
    const title = "This title is much longer than the figure beneath it is wide, so it goes on in a second line";
    const svg = await pt.toSVG(pt.plot.loss([2, 1], { title }));
    const lines = Array.from(svg.matchAll(/<tspan[^>]*>(.*?)<\/tspan>/g), (match) => match[1]);
    assert.ok(lines.length >= 2);
    assert.equal(lines.join(" "), title);
  });

  it("writes decades on a log axis", async () => {
    const h = range(15).map((i) => 10 ** -(i + 1));
    const svg = await pt.toSVG(pt.plot.line(h, h, { x: { title: "h", scale: "log" } }));
    assert.ok(textsOf(svg).includes("1e-15"), textsOf(svg).join());
  });

  it("is the same text every time, and has ids of its own", async () => {
    const clipped = (end: number) => pt.plot.loss([3, 2, 1], { y: { title: "loss", domain: [0, end] } });
    const [a, again, b] = [await pt.toSVG(clipped(2)), await pt.toSVG(clipped(2)), await pt.toSVG(clipped(3))];
    assert.equal(a, again);
    const ids = (svg: string) => Array.from(svg.matchAll(/ id="([^"]+)"/g), (match) => match[1]);
    const used = (svg: string) => Array.from(svg.matchAll(/url\(#([^)]+)\)/g), (match) => match[1]);
    assert.ok(ids(a).length > 0);
    assert.deepEqual([...new Set(used(a))].sort(), [...ids(a)].sort());
    assert.ok(ids(a).every((id) => !ids(b).includes(id)), "two figures of a page do not clip each other");
  });

  it("draws as vega's own renderer does", async () => {
    // Both libraries are ES modules that only a true import() loads; the library's copy of vega-lite is its own.
    const script = `
      const { createRequire } = await import("node:module");
      const { pathToFileURL } = await import("node:url");
      const pt = createRequire(process.cwd() + "/x.js")("torchlab");
      const lib = process.cwd() + "/kernel-lib/package.json";
      const from = (name) => import(import.meta.resolve(name, pathToFileURL(lib)));
      const [vega, lite] = await Promise.all([from("vega"), from("vega-lite")]);
      const specs = [
        pt.plot.loss({ SGD: [3, 2, 1], Adam: [3, 1, 0.5] }, { title: "A title" }),
        pt.plot.hconcat([pt.plot.scatter([1, 2], [3, 4]), pt.plot.bars(["a", "b"], [1, 2])]),
      ];
      for (const spec of specs) {
        const mine = await pt.toSVG(spec);
        vega.resetSVGDefIds();
        const { $schema, ...unversioned } = spec;
        const view = new vega.View(vega.parse(lite.compile(unversioned).spec), { renderer: "none" });
        const theirs = await view.toSVG();
        if (mine !== theirs) { console.log(mine + "\\n" + theirs); process.exit(1); }
      }
      console.log("same");`;
    const args = ["--experimental-import-meta-resolve", "--input-type=module", "-e", script];
    assert.equal(execFileSync(process.execPath, args, { encoding: "utf8" }).trim(), "same");
  });

  describe("of a bad specification", () => {
    const values = [{ a: 1, b: 2 }];
    it("names a field that the data lack", async () => {
      const spec = { data: { values }, mark: { type: "point" }, encoding: { x: { field: "c", type: "quantitative" as const } } };
      await assert.rejects(pt.toSVG(spec), /x reads the field "c", but the rows have a, b/);
      await assert.rejects(pt.toSVG({ data: { values }, layer: [{ mark: { type: "point" }, encoding: spec.encoding }] }), /field "c"/);
    });

    it("refuses an unknown mark and a figure without one", async () => {
      await assert.rejects(pt.toSVG({ data: { values }, mark: { type: "blob" } }));
      await assert.rejects(pt.toSVG({ data: { values } }), /Invalid specification/);
    });

    it("refuses what would be an empty picture", async () => {
      const encoding = { x: { field: "a", type: "quantitative" as const } };
      for (const rows of [[], [{ a: null }], [{ a: "text" }]]) {
        const spec = { data: { values: rows }, mark: { type: "point" }, encoding };
        await assert.rejects(pt.toSVG(spec), /none of its rows can be drawn/, JSON.stringify(rows));
      }
    });

    it("tells vega-lite's warnings", async () => {
      const warn = console.warn;
      const told: string[] = [];
      console.warn = (text: string) => void told.push(text);
      try {
        const encoding = { a: { field: "a" }, x: { field: "a", type: "quantitative" as const } };
        await pt.toSVG({ data: { values }, mark: { type: "point" }, encoding });
      } finally {
        console.warn = warn;
      }
      assert.match(told.join(), /^figure: .*dropped.*a/);
    });
  });
});

describe("show", () => {
  before(() => pt.loadRenderer());

  it("hands over one bundle: Vega-Lite 5, SVG and text, and no HTML", async () => {
    const spec = pt.plot.loss([2, 1], words);
    const [shown] = await linked(() => pt.show(spec));
    const bundle = await shown?.bundle;
    assert.deepEqual(Object.keys(bundle ?? {}), ["application/vnd.vegalite.v5+json", "image/svg+xml", "text/plain"]);
    assert.deepEqual(bundle?.["application/vnd.vegalite.v5+json"], { ...spec });
    assert.equal(bundle?.["text/plain"], words.description);
    assert.equal(bundle?.["image/svg+xml"], await pt.toSVG(spec));
  });

  it("draws at once when the renderer is loaded, so that a loop shows its figures while it runs", async () => {
    const shown = await linked(() => {
      for (const y of [1, 2, 3]) pt.show(pt.plot.loss([y, 1]), { id: "run", update: y > 1 });
    });
    assert.ok(shown.every(({ bundle }) => !(bundle instanceof Promise)));
    assert.deepEqual(shown.map(({ options }) => options?.update), [false, true, true]);
  });

  it("takes the figure as it is now", async () => {
    const spec = pt.plot.loss([2, 1], words);
    const [shown] = await linked(() => {
      pt.show(spec);
      spec.description = "changed";
    });
    const bundle = await shown?.bundle;
    assert.equal((bundle?.["application/vnd.vegalite.v5+json"] as pt.Spec).description, words.description);
  });

  it("throws for a figure that cannot be drawn, and shows nothing", async () => {
    const bad = { data: { values: [{ a: 1 }] }, mark: { type: "point" }, encoding: { x: { field: "b" } } };
    const shown = await linked(() => assert.throws(() => pt.show(bad), /field "b"/));
    assert.equal(shown.length, 0);
    assert.throws(() => pt.show(bad, { update: true }), /update needs the id/);
  });

  it("shows what shows itself, and any other value as text", async () => {
    const own = { [Symbol.for("Jupyter.display")]: () => ({ "text/markdown": "**own**" }) };
    const shown = await linked(() => {
      pt.show(own);
      pt.show("text");
      pt.show({ a: [1, 2] });
      pt.show(pt.tensor([1.5, 2]));
    });
    assert.deepEqual(shown.map(({ bundle }) => bundle), [
      { "text/markdown": "**own**" },
      { "text/plain": "text" },
      { "text/plain": "{ a: [ 1, 2 ] }" },
      { "text/plain": "tensor([1.5000, 2.0000])" },
    ]);
  });

  it("lets a figure show itself as a cell's last value, without being seen in it", async () => {
    const spec = pt.plot.loss([2, 1], words) as pt.Spec & { [key: symbol]: () => Promise<pt.MimeBundle> };
    const bundle = await spec[Symbol.for("Jupyter.display")]?.();
    assert.equal(bundle?.["text/plain"], words.description);
    assert.deepEqual(Object.keys({ ...spec }), Object.keys(JSON.parse(JSON.stringify(spec)) as object));
    assert.deepEqual(Object.getOwnPropertySymbols({ ...spec }), []);
  });

  it("writes a figure's description in a plain process", () => {
    const script = `const pt = require("torchlab"); pt.show(pt.plot.loss([2, 1], ${JSON.stringify(words)})); pt.show(3);`;
    const said = execFileSync(process.execPath, ["-e", script], { encoding: "utf8" });
    assert.equal(said, "[figure] A falling line.\n3\n");
  });

  it("loads the renderer by itself where there is a kernel", () => {
    // Node emits beforeExit once nothing is under way any more, so also no load.
    const script = (kernel: boolean) => `
      const out = [];
      const link = { interrupted: false, display: (bundle) => out.push(bundle), onAbort() {} };
      if (${kernel}) globalThis[Symbol.for("torchlab.kernel")] = link;
      const pt = require("torchlab");
      process.once("beforeExit", () => {
        globalThis[Symbol.for("torchlab.kernel")] = link;
        pt.show(pt.plot.loss([2, 1]));
        console.log(out[0] instanceof Promise);
      });`;
    const waits = (kernel: boolean) => execFileSync(process.execPath, ["-e", script(kernel)], { encoding: "utf8" }).trim();
    assert.equal(waits(true), "false");
    assert.equal(waits(false), "true");
  });

  it("hands over promises in order before the renderer is loaded", () => {
    const script = `
      const out = [];
      globalThis[Symbol.for("torchlab.kernel")] = { interrupted: false, display: (bundle) => out.push(bundle), onAbort() {} };
      const pt = require("torchlab");
      pt.show(pt.plot.loss([2, 1], { description: "one" }));
      pt.show(pt.plot.loss([2, 1], { description: "two" }));
      const early = out.map((bundle) => bundle instanceof Promise);
      Promise.all(out).then((bundles) => {
        pt.show(pt.plot.loss([2, 1]));
        console.log(JSON.stringify([early, bundles.map((b) => b["text/plain"]), out[2] instanceof Promise]));
      });`;
    const said = execFileSync(process.execPath, ["-e", script], { encoding: "utf8" });
    assert.deepEqual(JSON.parse(said), [[true, true], ["one", "two"], false]);
  });
});

describe("live", () => {
  before(() => pt.loadRenderer());
  const last = async (shown: Shown[]) => (await shown.at(-1)?.bundle)?.["text/plain"];

  it("draws the first frame at once and the last one always, under one id", async () => {
    const made: number[] = [];
    const shown = await linked(async () => {
      const view = pt.live({ interval: 20 });
      for (let i = 0; i < 1000; i++) {
        view.update(() => {
          made.push(i);
          return pt.plot.loss([i + 2, 1], { description: `frame ${i}` });
        });
      }
      await sleep(60);
    });
    assert.equal(made[0], 0);
    assert.equal(made.at(-1), 999);
    assert.ok(made.length < 1000, "frames in between are left out, and not even made");
    assert.equal(await last(shown), "frame 999");
    assert.equal(new Set(shown.map(({ options }) => options?.id)).size, 1);
    assert.deepEqual(shown.map(({ options }) => options?.update ?? false), shown.map((_, i) => i > 0));
  });

  it("hands the waiting last frame over before the cell's own continuation", async () => {
    const shown = await linked(async (link) => {
      const view = pt.live({ interval: 30 });
      view.update("one");
      view.update("two");
      await Promise.resolve();
      link.display({ "text/plain": "the cell has ended" });
    });
    assert.deepEqual(await textsShown(shown), ["one", "two", "the cell has ended"]);
  });

  it("shows a frame that came while another waited", async () => {
    const shown = await linked(async () => {
      const view = pt.live({ interval: 15 });
      for (let i = 0; i < 6; i++) {
        view.update(`frame ${i}`);
        await sleep(5);
      }
      await sleep(40);
    });
    assert.equal(await last(shown), "frame 5");
  });
});

describe("progress", () => {
  it("gives the items and ends at the full count", async () => {
    const seen: number[] = [];
    const texts = await textsShown(await linked(() => {
      for (const i of pt.progress(5, { label: "epochs" })) seen.push(i);
    }));
    assert.deepEqual(seen, [0, 1, 2, 3, 4]);
    assert.match(texts[0] ?? "", /^░+ 0\/5 epochs$/);
    assert.match(texts.at(-1) ?? "", /^█+ 5\/5 epochs$/);
  });

  it("knows the length of arrays and sets, and counts what has none", async () => {
    const texts = async (items: Iterable<number>) => textsShown(await linked(() => {
      for (const item of pt.progress(items)) void item;
    }));
    assert.match((await texts([1, 2])).at(-1) ?? "", / 2\/2$/);
    assert.match((await texts(new Set([1, 2, 3]))).at(-1) ?? "", / 3\/3$/);
    assert.equal((await texts([7, 8].values())).at(-1), "2");
  });

  it("walks what comes asynchronously", async () => {
    async function* source() {
      yield "a";
      await sleep(1);
      yield "b";
    }
    const seen: string[] = [];
    await linked(async () => {
      for await (const item of pt.progress(source())) seen.push(item);
    });
    assert.deepEqual(seen, ["a", "b"]);
  });

  it("stops when the cell is interrupted, and says how far it came", async () => {
    let done = 0;
    const shown = await linked((link) => {
      const loop = () => {
        for (const i of pt.progress(1000)) {
          done += 1;
          if (i === 41) link.interrupted = true;
        }
      };
      assert.throws(loop, (error: Error) => error instanceof pt.InterruptedError && /interrupted \(progress: 42 of 1000\)/.test(error.message));
    });
    assert.equal(done, 42);
    assert.match((await textsShown(shown)).at(-1) ?? "", / 42\/1000$/);
  });

  it("shows where a loop was left", async () => {
    const texts = await textsShown(await linked(() => {
      for (const i of pt.progress(10)) if (i === 3) break;
    }));
    assert.match(texts.at(-1) ?? "", / 3\/10$/);
  });

  it("refuses what is no count", () => {
    assert.throws(() => pt.progress(-1), /-1 is not a count/);
    assert.throws(() => pt.progress({} as Iterable<number>), /something to loop over/);
  });
});
