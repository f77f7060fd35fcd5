// Errors that the kernel itself raises in a cell. Imports nothing.

/** The user stopped the cell. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** @param aborted whether synchronous code was ended where it was, without its `finally` blocks */
  constructor(readonly aborted = false) {
    super("the cell was interrupted");
  }
}

/** A cell called `process.exit`, which would take the kernel and every variable with it. */
export class ProcessExit extends Error {
  override readonly name = "ProcessExit";
  constructor(code: unknown) {
    super(`process.exit(${code === undefined ? "" : String(code)}) in a cell: the kernel goes on, the cell failed`);
  }
}
