// The outputs of one cell, in order, merged and rate-limited. Imports nothing.

/** MIME types to data; what one output is. */
export interface MimeBundle {
  readonly [mime: string]: unknown;
}

export interface DisplayOptions {
  /** Name under which this output can be updated. */
  readonly id?: string;
  /** Whether to replace the outputs of this name, rather than add one. */
  readonly update?: boolean;
}

/** Sends one message; `content` is JSON text. */
export type Publish = (type: string, content: string) => void;

type StreamName = "stdout" | "stderr";

interface Item {
  readonly type: string;
  /** JSON text; undefined while a promise has yet to deliver it. */
  content: string | undefined;
  readonly stream?: { readonly name: StreamName; text: string };
  dropped?: boolean;
}

/** Jupyter Server drops what comes faster than 1,000 messages a second: small pieces wait this long for company. */
const mergeFor = 50; // milliseconds
const largestText = 1 << 20; // UTF-16 units in one stream message, roughly

export class Outputs {
  private items: Item[] = [];
  private readonly updates = new Map<string, Item>();
  private pending = new Set<Promise<void>>();
  private lastFlush = performance.now();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param publish sends, in the order of the outputs
   * @param fail called with the reason of a promised output that was rejected
   */
  constructor(private readonly publish: Publish, private readonly fail: (error: unknown) => void) {}

  write(name: StreamName, text: string): void {
    if (text === "") return;
    const last = this.items.at(-1);
    if (last?.stream?.name === name) last.stream.text += text;
    else this.items.push({ type: "stream", content: undefined, stream: { name, text } });
    if ((this.items.at(-1)?.stream?.text.length ?? 0) > largestText) this.flush();
    else this.flushSoon();
  }

  /**
   * Shows one output. A promised bundle keeps its place: what comes later waits behind it.
   *
   * @throws TypeError when the bundle is none, or an update has no name.
   */
  display(bundle: MimeBundle | Promise<MimeBundle>, options: DisplayOptions = {}): void {
    const { id, update = false } = options;
    if (update && id === undefined) throw new TypeError("display: an update needs the id of what it updates");
    const type = update ? "update_display_data" : "display_data";
    const encode = (value: MimeBundle): string =>
      `{"data":${encodeBundle(value)},"metadata":{},"transient":${JSON.stringify({ display_id: id })}}`;
    if (!isPromise(bundle)) {
      const content = encode(bundle);
      const waiting = update && id !== undefined ? this.updates.get(id) : undefined;
      if (waiting !== undefined) waiting.content = content;
      else this.add({ type, content }, id, update);
      return;
    }
    this.promise(type, bundle.then(encode));
  }

  /** Shows the value of the cell. */
  result(bundle: MimeBundle | Promise<MimeBundle>, executionCount: number): void {
    const encode = (value: MimeBundle): string =>
      `{"data":${encodeBundle(value)},"metadata":{},"execution_count":${executionCount}}`;
    if (isPromise(bundle)) this.promise("execute_result", bundle.then(encode));
    else this.add({ type: "execute_result", content: encode(bundle) });
  }

  /** Shows an error, after everything that came before. */
  error(content: object): void {
    this.add({ type: "error", content: JSON.stringify(content) });
    this.flush();
  }

  /** Resolves when no promised output is awaited any more. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
  }

  /** Gives up what was promised and has not come, so that nothing waits behind it. */
  abandon(): void {
    for (const item of this.items) if (item.content === undefined && item.stream === undefined) item.dropped = true;
    this.pending.clear();
    this.flush();
  }

  /** Sends all that does not wait behind a promise. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.lastFlush = performance.now();
    this.updates.clear();
    let sent = 0;
    for (const item of this.items) {
      if (item.dropped !== true) {
        const content = item.stream === undefined ? item.content : JSON.stringify(item.stream);
        if (content === undefined) break;
        this.publish(item.type, content);
      }
      sent++;
    }
    this.items = this.items.slice(sent);
  }

  private add(item: Item, id?: string, update = false): void {
    this.items.push(item);
    if (id !== undefined && update) this.updates.set(id, item);
    // A new output of this name ends the run of updates to the old one.
    if (id !== undefined && !update) this.updates.delete(id);
    this.flushSoon();
  }

  private promise(type: string, content: Promise<string>): void {
    const item: Item = { type, content: undefined };
    const settled = content.then(
      (text) => { item.content = text; },
      (error: unknown) => {
        if (item.dropped === true) return;
        item.dropped = true;
        this.fail(error);
      },
    ).then(() => {
      this.pending.delete(settled);
      this.flushSoon();
    });
    this.items.push(item);
    this.pending.add(settled);
  }

  private flushSoon(): void {
    // The timer cannot fire inside a synchronous loop: there, the next output that comes late enough sends.
    const wait = this.lastFlush + mergeFor - performance.now();
    if (wait <= 0) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), wait);
  }
}

function isPromise(value: MimeBundle | Promise<MimeBundle>): value is Promise<MimeBundle> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** @throws TypeError when the value is no MIME bundle, or some of it is no JSON. */
function encodeBundle(bundle: MimeBundle): string {
  if (typeof bundle !== "object" || bundle === null || Array.isArray(bundle)) {
    throw new TypeError("display: a bundle is an object from MIME types to data");
  }
  const data = Object.entries(bundle).map(([mime, value]) =>
    // Jupyter carries binary data, images above all, in base64.
    [mime, value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value] as const);
  return JSON.stringify(Object.fromEntries(data));
}
