// What a cell gets from `import { display } from "tslab"`. Imports tslab.
import { createRequire } from "node:module";
import type * as Tslab from "tslab";
import type * as Jupyter from "tslab/dist/jupyter";
import type { DisplayOptions, MimeBundle } from "./outputs";

// Loaded when a cell asks for it, since few do.
const load = createRequire(__filename);

interface Replaceable {
  lastWriteDisplayData: typeof Jupyter.lastWriteDisplayData;
}

/** tslab's own module, its display functions connected to this kernel's outputs. */
export function tslabApi(display: (bundle: MimeBundle, options: DisplayOptions) => void): typeof Tslab {
  const jupyter = load("tslab/dist/jupyter") as Replaceable;
  jupyter.lastWriteDisplayData = (content, update) =>
    display(content.data, { id: content.transient?.display_id, update });
  return load("tslab") as typeof Tslab;
}
