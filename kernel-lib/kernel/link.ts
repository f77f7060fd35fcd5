// The one global object by which the library knows the kernel. Imports outputs' types.
import type { DisplayOptions, MimeBundle } from "./outputs";

export interface KernelLink {
  /** True from SIGINT until the next cell begins, so that loops left behind by the interrupted one stop, too. */
  interrupted: boolean;
  /** Shows one output in its place; see Outputs.display. */
  display(bundle: MimeBundle | Promise<MimeBundle>, options?: DisplayOptions): void;
}

/** Puts the link where the library looks for it. */
export function installLink(display: KernelLink["display"]): KernelLink {
  const link: KernelLink = { interrupted: false, display };
  Object.defineProperty(globalThis, Symbol.for("torchlab.kernel"), { value: link });
  return link;
}
