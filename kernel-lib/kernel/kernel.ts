// Answers Jupyter's requests, one cell after the other. Imports every part of the kernel but liveness and main.
// Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html
import { log } from "./capture";
import { describeError, type ErrorContent } from "./errors";
import type { Executor } from "./executor";
import { Interrupted, ProcessExit } from "./failures";
import type { CursorRequest, Introspection } from "./introspection";
import type { InstalledLink } from "./link";
import { Outputs, type DisplayOptions, type MimeBundle } from "./outputs";
import { CellRun } from "./run";
import type { Channel, Sockets } from "./sockets";
import { bundleOf } from "./value";
import type { Message } from "./wire";

interface ExecuteRequest {
  readonly code: string;
  readonly silent?: boolean;
  readonly store_history?: boolean;
  readonly stop_on_error?: boolean;
}

/** An error that stopped what its client had already sent. */
interface Stop {
  readonly request: Message;
  /** When the client was told, in milliseconds of `performance.now()`. */
  readonly at: number;
}

export interface KernelOptions {
  /** Whether an error that comes after its cell has ended fails the next cell (TORCHLAB_STRICT=1). */
  readonly strict: boolean;
  /** Ends the process. */
  readonly leave: (exitCode: number) => void;
}

export class Kernel {
  /** The global link, set by main.ts once it exists. */
  installed: InstalledLink | undefined;
  private executionCount = 0;
  private runs = 0;
  private queue: Promise<void> = Promise.resolve();
  private waiting = 0;
  private run: CellRun | undefined;
  /** The request of the cell that runs. */
  private executing: Message | undefined;
  /** Of the running cell, or of the last one: what comes late belongs to it. */
  private outputs: Outputs | undefined;
  private stop: Stop | undefined;
  private late: ErrorContent[] = [];
  private readonly reported = new WeakSet<object>();
  private lateParent: Message | undefined;

  constructor(
    private readonly sockets: Sockets, private readonly executor: Executor,
    private readonly introspection: Introspection, private readonly options: KernelOptions,
  ) {}

  /** Whether no cell runs or waits. */
  get idle(): boolean {
    return this.waiting === 0;
  }

  /** Takes text written to a standard stream; false before the first cell. */
  write(name: "stdout" | "stderr", text: string): boolean {
    this.outputs?.write(name, text);
    return this.outputs !== undefined;
  }

  display(bundle: MimeBundle | Promise<MimeBundle>, options?: DisplayOptions): void {
    if (this.outputs === undefined) throw new Error("display: no cell has run yet");
    this.outputs.display(bundle, options);
  }

  /** Stops the running cell, if any. */
  interrupt(): void {
    if (this.run === undefined) return;
    this.mark(true);
    this.run.interrupt();
  }

  private mark(interrupted: boolean): void {
    if (this.installed !== undefined) this.installed.link.interrupted = interrupted;
  }

  /** Takes an error that no code caught: it fails the running cell, or is reported as late. */
  uncaught(error: unknown): void {
    if (this.run !== undefined) this.run.fail(error);
    else this.reportLate(error);
  }

  handle(channel: Channel, request: Message): void {
    if (request.header.msg_type === "execute_request") {
      this.waiting++;
      this.queue = this.queue.then(() => this.guarded(channel, request, () => this.execute(channel, request)))
        // Requests on other sockets, signals and timers get their turn between two cells.
        .then(() => new Promise((resolve) => setImmediate(resolve)))
        .then(() => { this.waiting--; });
    } else {
      void this.guarded(channel, request, () => this.answer(channel, request));
    }
  }

  private async guarded(channel: Channel, request: Message, work: () => Promise<void> | void): Promise<void> {
    this.status("busy", request);
    try {
      await work();
    } catch (error) {
      // The client waits for an answer whatever happened here.
      log(`torchlab kernel: ${request.header.msg_type}: ${String((error as Error)?.stack ?? error)}`);
      this.reply(channel, request, { status: "error", ...describeError(error, "kernel") });
    } finally {
      this.status("idle", request);
      // Answering, say, a completion in the middle of a cell must not leave the kernel marked as idle.
      if (this.executing !== undefined && this.executing !== request) this.status("busy", this.executing);
    }
  }

  private status(state: "busy" | "idle" | "starting", parent: Message | undefined): void {
    this.sockets.publish("status", parent, JSON.stringify({ execution_state: state }));
  }

  private reply(channel: Channel, request: Message, content: object): void {
    this.sockets.reply(channel, request, request.header.msg_type.replace(/_request$/, "_reply"), content);
  }

  private async execute(channel: Channel, request: Message): Promise<void> {
    const { code, silent = false, store_history = !silent, stop_on_error = true } =
      request.content as unknown as ExecuteRequest;
    if (this.wasStopped(request)) {
      this.reply(channel, request, { status: "aborted" });
      return;
    }
    this.stop = undefined;
    const counted = store_history && !silent;
    if (counted) this.executionCount++;
    this.runs++;
    const count = this.executionCount;
    const publish = (type: string, content: string): void => {
      if (!silent) this.sockets.publish(type, request, content);
    };
    publish("execute_input", JSON.stringify({ code, execution_count: count }));

    const run = new CellRun(counted ? `In[${count}]` : `In[*${this.runs}]`);
    const outputs = new Outputs(publish, (error) => {
      if (this.run === run) run.fail(error);
      else this.reportLate(error);
    });
    this.mark(false);
    this.outputs?.flush();
    this.outputs = outputs;
    this.executing = request;
    this.lateParent = request;
    this.run = run;

    try {
      await this.runCell(code, count, run, outputs);
    } finally {
      this.run = undefined;
      this.executing = undefined;
      run.end();
    }
    if (run.errors.length === 0) {
      outputs.flush();
      this.reply(channel, request, { status: "ok", execution_count: count, user_expressions: {}, payload: [] });
      return;
    }
    const content = describeAll(run);
    outputs.error(content);
    if (stop_on_error) this.stop = { request, at: performance.now() };
    this.reply(channel, request, { status: "error", execution_count: count, ...content });
  }

  /** Leaves what went wrong in `run.errors`. */
  private async runCell(code: string, count: number, run: CellRun, outputs: Outputs): Promise<void> {
    try {
      this.mentionLate(outputs);
      const { value } = await this.executor.run(code, run);
      const bundle = bundleOf(value);
      if (bundle !== undefined) outputs.result(bundle, count);
    } catch (error) {
      if (error instanceof Interrupted) {
        this.mark(true);
        if (error.aborted) this.installed?.aborted();
      }
      run.fail(error);
    }
    // What was promised before an error is shown before it.
    await Promise.race([outputs.settled(), run.givenUp]);
    // A rejection that nobody handles is reported only after this turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    if (run.interrupted && run.errors.length === 0) run.fail(new Interrupted());
    outputs.abandon();
  }

  /**
   * Whether a request was sent before its client could know of the error that stops it. Either it was here already;
   * or it was on its way, which the client's own time between the two requests tells, compared with the kernel's
   * between the first and its reply: no clock is compared with another.
   */
  private wasStopped(request: Message): boolean {
    const { stop } = this;
    if (stop === undefined || request.header.session !== stop.request.header.session) return false;
    if (request.arrived < stop.at) return true;
    const sentAfter = Date.parse(request.header.date ?? "") - Date.parse(stop.request.header.date ?? "");
    const resolution = 2; // milliseconds, of both dates together
    return sentAfter + resolution < stop.at - stop.request.arrived;
  }

  private reportLate(error: unknown): void {
    // process.exit in a timer comes here twice: as a call, and as what it threw.
    if (typeof error === "object" && error !== null) {
      if (this.reported.has(error)) return;
      this.reported.add(error);
    }
    const content = describeError(error, "In[?]");
    this.late.push(content);
    this.sockets.publish("error", this.lateParent, JSON.stringify(content));
    log(`torchlab kernel: after its cell had ended: ${content.ename}: ${content.evalue}`);
  }

  /** @throws in strict mode, when an earlier cell's error has come late. */
  private mentionLate(outputs: Outputs): void {
    const late = this.late;
    if (late.length === 0) return;
    this.late = [];
    const said = late.map(({ ename, evalue }) => `${ename}: ${evalue}`).join("; ");
    const what = "A timer or promise of an earlier cell failed after that cell had ended";
    if (this.options.strict) throw new Error(`${what}, so this cell was not run: ${said}`);
    outputs.write("stderr", `${what}: ${said}\n`);
  }

  private answer(channel: Channel, request: Message): void {
    switch (request.header.msg_type) {
      case "kernel_info_request":
        this.reply(channel, request, this.introspection.kernelInfo());
        return;
      case "complete_request":
        this.reply(channel, request, this.introspection.complete(request.content as unknown as CursorRequest));
        return;
      case "inspect_request":
        this.reply(channel, request, this.introspection.inspect(request.content as unknown as CursorRequest));
        return;
      case "is_complete_request":
        this.reply(channel, request, this.introspection.isComplete(String(request.content.code)));
        return;
      case "comm_info_request":
        this.reply(channel, request, { status: "ok", comms: {} });
        return;
      case "comm_open":
        // There is nothing here to open: say so, as the protocol asks.
        this.sockets.publish("comm_close", request, JSON.stringify({ comm_id: request.content.comm_id, data: {} }));
        return;
      case "history_request":
        this.reply(channel, request, { status: "ok", history: [] });
        return;
      case "interrupt_request":
        this.interrupt();
        this.reply(channel, request, { status: "ok" });
        return;
      case "shutdown_request":
        this.outputs?.flush();
        this.reply(channel, request, { status: "ok", restart: request.content.restart === true });
        // After the idle status, which is sent when this returns.
        setImmediate(() => this.options.leave(this.options.strict && this.late.length > 0 ? 1 : 0));
        return;
      default:
        // A request of a later protocol: busy and idle are its only answer.
    }
  }
}

/** One error content for all that went wrong in a cell: the first whole, the others by name. */
function describeAll(run: CellRun): ErrorContent {
  const [first, ...others] = run.errors;
  const content = describeError(first, run.name);
  const more = others.filter((error) => !(error instanceof Interrupted) && !(error instanceof ProcessExit))
    .map((error) => describeError(error, run.name))
    .map(({ ename, evalue }) => `Also in this cell: ${ename}: ${evalue}`);
  return { ...content, traceback: [...content.traceback, ...more] };
}
