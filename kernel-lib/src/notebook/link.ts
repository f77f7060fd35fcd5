// The link to the Jupyter kernel: one global object that it installs, so that neither side imports the other.
// Imports nothing; the loader and the other notebook modules may import it.

/** One Jupyter output in every form a front end may pick: MIME type → content. */
export interface MimeBundle {
  [mime: string]: unknown;
}

/** `id` names a display, `update` replaces what was shown under that id before. */
export interface DisplayOptions {
  id?: string;
  update?: boolean;
}

/** What the kernel offers to the library. */
export interface KernelLink {
  /** True from the interrupt until the running cell has ended. */
  interrupted: boolean;
  /** Emits one output; a promise keeps its place in the order of outputs, and the cell waits for it. */
  display(bundle: MimeBundle | Promise<MimeBundle>, options?: DisplayOptions): void;
  /** Adds what is to be called after an interrupt ended code without running its `finally` blocks. */
  onAbort(listener: () => void): void;
}

const LINK = Symbol.for("torchlab.kernel");

/** The kernel's link, or undefined where the code runs outside a notebook. */
export function kernelLink(): KernelLink | undefined {
  return (globalThis as { [LINK]?: KernelLink })[LINK];
}

/** True while the running cell is being interrupted; always false outside a notebook. */
export function interrupted(): boolean {
  return kernelLink()?.interrupted ?? false;
}

/** What a library loop throws when the cell it runs in is interrupted. */
export class InterruptedError extends Error {
  override name = "InterruptedError";
}

/** Throws InterruptedError if the running cell is being interrupted; `where` says what stopped. */
export function throwIfInterrupted(where: string): void {
  if (interrupted()) throw new InterruptedError(`interrupted (${where})`);
}
