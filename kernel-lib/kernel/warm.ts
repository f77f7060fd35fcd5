// Loads beforehand what the first cells will need. Imports compiler's types.
import type { Compiler } from "./compiler";

const quietFor = 150; // milliseconds without a cell before the main thread may be used

/**
 * Imports the plotting modules once the kernel is quiet, so that the first plot does not wait for them.
 * A failure is not reported here: the library meets it again where it draws, and says so.
 */
export function warmPlotting(isIdle: () => boolean): void {
  const timer = setInterval(() => {
    if (!isIdle()) return;
    clearInterval(timer);
    Promise.all([import("vega"), import("vega-lite")]).catch(() => {});
  }, quietFor);
  timer.unref();
}

/** Lets the compiler load the library's declarations, which takes a few hundred milliseconds once. */
export function warmCompiler(compiler: Compiler): void {
  try {
    compiler.compile("", 'import * as pt from "torchlab"; pt;');
  } catch {
    // The cell that imports the library gets to see what is wrong with it.
  }
}
