// The one global object by which the library knows the kernel. Imports outputs' types.
import type { DisplayOptions, MimeBundle } from "./outputs";

export interface KernelLink {
  /** True from SIGINT until the next cell begins, so that loops left behind by the interrupted one stop, too. */
  interrupted: boolean;
  /** Shows one output in its place; see Outputs.display. */
  display(bundle: MimeBundle | Promise<MimeBundle>, options?: DisplayOptions): void;
  /**
   * Adds what is to be called after synchronous code was interrupted: V8 ends it without running its `finally` blocks,
   * so a mode that such a block was to restore has to be restored there.
   */
  onAbort(listener: () => void): void;
}

/** The link, and what the kernel does with it. */
export interface InstalledLink {
  readonly link: KernelLink;
  /** Calls the listeners of `onAbort`. */
  aborted(): void;
}

/** Puts the link where the library looks for it. */
export function installLink(display: KernelLink["display"]): InstalledLink {
  const listeners = new Set<() => void>();
  const link: KernelLink = {
    interrupted: false,
    display,
    onAbort: (listener) => { listeners.add(listener); },
  };
  Object.defineProperty(globalThis, Symbol.for("torchlab.kernel"), { value: link });
  return { link, aborted: () => { for (const listener of listeners) listener(); } };
}
