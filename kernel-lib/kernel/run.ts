// One execution of one cell: its name, its failure, its interruption. Imports failures.
import { Interrupted } from "./failures";

/** How long after SIGINT loops that poll the flag have to stop by themselves, in milliseconds. */
const grace = 400;

export class CellRun {
  /** Everything that went wrong, in order of time. */
  readonly errors: unknown[] = [];
  /** Rejects with the first error, at once. */
  readonly failed: Promise<never>;
  /** Resolves when an interrupted cell is given up: nothing of it is waited for any more. */
  readonly givenUp: Promise<void>;
  private reject: (error: unknown) => void = () => {};
  private resolveGivenUp: () => void = () => {};
  private stopped = false;
  private graceTimer: NodeJS.Timeout | undefined;

  /** @param name such as `In[3]` */
  constructor(readonly name: string) {
    this.failed = new Promise((_resolve, reject) => { this.reject = reject; });
    this.givenUp = new Promise((resolve) => { this.resolveGivenUp = resolve; });
    // Whoever waits races against it; nobody may be waiting.
    this.failed.catch(() => {});
  }

  get interrupted(): boolean {
    return this.stopped;
  }

  fail(error: unknown): void {
    if (this.errors.includes(error)) return;
    this.errors.push(error);
    this.reject(error);
  }

  /** Stops the cell: at its next check, else after a moment; at once when asked a second time. */
  interrupt(): void {
    if (this.stopped) this.giveUp();
    this.stopped = true;
    this.graceTimer ??= setTimeout(() => this.giveUp(), grace);
  }

  /** @throws Interrupted once the cell was stopped. */
  check(): void {
    if (this.stopped || this.errors.length > 0) throw new Interrupted();
  }

  end(): void {
    clearTimeout(this.graceTimer);
  }

  private giveUp(): void {
    this.resolveGivenUp();
    this.fail(new Interrupted());
  }
}
