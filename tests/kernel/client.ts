// A small Jupyter client that drives the real kernel over ZeroMQ. Imports zeromq and Node's built-ins only.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Request, Subscriber } from "zeromq";

export const projectRoot = resolve(__dirname, "..", "..");
export const kernelMain = join(projectRoot, "kernel-lib", "dist", "kernel", "main.js");

/** Message contents are JSON whose shape the tests themselves check. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test fails on a wrong shape, which is its purpose
export type Content = Record<string, any>;

export interface Received {
  readonly type: string;
  readonly parent: { readonly msg_id?: string };
  readonly content: Content;
}

export interface Executed {
  readonly reply: Content;
  /** Everything on iopub for this request, in order, status messages included. */
  readonly messages: readonly Received[];
  /** The messages that a notebook would keep as outputs. */
  readonly outputs: readonly Received[];
  readonly stdout: string;
  readonly stderr: string;
  /** Text of the execute_result, if there is one. */
  readonly result: string | undefined;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface ExecuteOptions {
  readonly silent?: boolean;
  readonly store_history?: boolean;
  readonly stop_on_error?: boolean;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>(
    (done) => {
      const server = createServer().listen(0, "127.0.0.1", () => done(server));
    })));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** Writes a connection file with free ports into a fresh folder. */
export async function makeConnection(): Promise<{ file: string; folder: string; connection: Content }> {
  const [shell, iopub, stdin, control, hb] = await freePorts(5);
  const connection = {
    transport: "tcp", ip: "127.0.0.1", key: randomUUID(), signature_scheme: "hmac-sha256",
    shell_port: shell, iopub_port: iopub, stdin_port: stdin, control_port: control, hb_port: hb,
  };
  const folder = mkdtempSync(join(tmpdir(), "torchlab-kernel-"));
  const file = join(folder, "connection.json");
  writeFileSync(file, JSON.stringify(connection));
  return { file, folder, connection };
}

/** The environment without what a surrounding Jupyter or an earlier test may have set. */
export function cleanEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { JPY_PARENT_PID: _parent, TORCHLAB_STRICT: _strict, ...rest } = process.env;
  return { ...rest, ...extra };
}

export class KernelClient {
  private readonly session = randomUUID();
  private readonly dealers = { shell: new Dealer({ linger: 0 }), control: new Dealer({ linger: 0 }) };
  private readonly subscriber = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
  private readonly heartbeat = new Request({ linger: 0, receiveTimeout: 5000 });
  readonly published: Received[] = [];
  private readonly replies = new Map<string, Content>();
  private readonly listeners = new Set<() => void>();
  exitCode: Promise<number | null>;
  /** What the process wrote to its real standard error. */
  log = "";

  private constructor(
    readonly process: ChildProcess, private readonly connection: Content, private readonly folder: string,
  ) {
    this.exitCode = new Promise((done) => process.once("exit", (code) => {
      done(code);
      this.wake();
    }));
    process.stderr?.on("data", (chunk: Buffer) => {
      this.log += chunk.toString();
      this.wake();
    });
    process.stdout?.resume();
    const at = (port: number): string => `tcp://127.0.0.1:${port}`;
    this.dealers.shell.connect(at(connection.shell_port));
    this.dealers.control.connect(at(connection.control_port));
    this.heartbeat.connect(at(connection.hb_port));
    this.subscriber.connect(at(connection.iopub_port));
    this.subscriber.subscribe();
    void this.listen(this.subscriber, (message) => this.published.push(message));
    for (const dealer of Object.values(this.dealers)) {
      void this.listen(dealer, (message) => this.replies.set(message.parent.msg_id ?? "", {
        ...message.content, msg_type: message.type,
      }));
    }
  }

  static async start(options: StartOptions = {}): Promise<KernelClient> {
    const { file, folder, connection } = await makeConnection();
    const child = spawn(process.execPath, [kernelMain, file], {
      cwd: options.cwd ?? join(projectRoot, "tests"),
      env: cleanEnvironment(options.env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const client = new KernelClient(child, connection, folder);
    // A subscription takes effect some time after it was made: ask until the answer's status arrives.
    for (;;) {
      const id = client.send("shell", "kernel_info_request", {});
      await client.until(() => client.replies.has(id), "the first kernel_info_reply");
      await sleep(20);
      if (client.published.some((message) => message.parent.msg_id === id)) break;
    }
    return client;
  }

  private async listen(socket: Dealer | Subscriber, take: (message: Received) => void): Promise<void> {
    for await (const frames of socket) {
      const at = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
      const [signature, ...parts] = frames.slice(at + 1);
      const hmac = createHmac("sha256", this.connection.key as string);
      for (const part of parts) hmac.update(part);
      assert.equal(signature.toString(), hmac.digest("hex"), "the kernel signs its messages");
      const header = JSON.parse(parts[0].toString()) as { msg_type: string };
      take({
        type: header.msg_type,
        parent: JSON.parse(parts[1].toString()) as Received["parent"],
        content: JSON.parse(parts[3].toString()) as Content,
      });
      this.wake();
    }
  }

  private wake(): void {
    for (const listener of [...this.listeners]) listener();
  }

  /** Resolves when `condition` holds; checked after each message. @throws when the kernel ends before. */
  async until(condition: () => boolean, what: string): Promise<void> {
    await new Promise<void>((done, fail) => {
      const check = (): void => {
        if (condition()) done();
        else if (this.process.exitCode !== null || this.process.signalCode !== null) {
          fail(new Error(`the kernel ended before ${what}\n${this.log}`));
        } else return;
        this.listeners.delete(check);
      };
      this.listeners.add(check);
      check();
    });
  }

  /** Sends a request without waiting. Returns its id. */
  send(channel: "shell" | "control", type: string, content: Content, key = this.connection.key as string): string {
    const id = randomUUID();
    const header = {
      msg_id: id, msg_type: type, session: this.session, username: "test", date: new Date().toISOString(),
      version: "5.3",
    };
    const parts = [JSON.stringify(header), "{}", "{}", JSON.stringify(content)];
    const hmac = createHmac("sha256", key);
    for (const part of parts) hmac.update(part);
    void this.dealers[channel].send(["<IDS|MSG>", hmac.digest("hex"), ...parts]);
    return id;
  }

  private statuses(id: string): string[] {
    return this.published.filter((message) => message.parent.msg_id === id && message.type === "status")
      .map((message) => message.content.execution_state as string);
  }

  /** Waits for the reply and the idle status of a request. */
  async answer(id: string): Promise<Content> {
    await this.until(() => this.replies.has(id) && this.statuses(id).includes("idle"), "a reply");
    return this.replies.get(id) ?? {};
  }

  async request(type: string, content: Content, channel: "shell" | "control" = "shell"): Promise<Content> {
    return this.answer(this.send(channel, type, content));
  }

  /** Waits for the idle status alone. */
  async idle(id: string): Promise<void> {
    await this.until(() => this.statuses(id).includes("idle"), "the idle status");
  }

  submit(code: string, options: ExecuteOptions = {}): string {
    return this.send("shell", "execute_request", {
      code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false, stop_on_error: true,
      ...options,
    });
  }

  async execute(code: string, options: ExecuteOptions = {}): Promise<Executed> {
    return this.executed(this.submit(code, options));
  }

  async executed(id: string): Promise<Executed> {
    const reply = await this.answer(id);
    const messages = this.messagesOf(id);
    const kept = ["stream", "display_data", "update_display_data", "execute_result", "error"];
    const outputs = messages.filter(({ type }) => kept.includes(type));
    const stream = (name: string): string => outputs
      .filter((output) => output.type === "stream" && output.content.name === name)
      .map((output) => output.content.text as string).join("");
    const result = outputs.find(({ type }) => type === "execute_result");
    return {
      reply, messages, outputs, stdout: stream("stdout"), stderr: stream("stderr"),
      result: result?.content.data["text/plain"] as string | undefined,
    };
  }

  messagesOf(id: string): Received[] {
    return this.published.filter((message) => message.parent.msg_id === id);
  }

  /** Waits until something published for a request satisfies `matches`. */
  async publication(id: string, matches: (message: Received) => boolean): Promise<Received> {
    const found = (): Received | undefined => this.messagesOf(id).find(matches);
    await this.until(() => found() !== undefined, "a publication");
    return found() as Received;
  }

  interrupt(): void {
    this.process.kill("SIGINT");
  }

  async beat(text: string): Promise<string> {
    await this.heartbeat.send(text);
    const [answer] = await this.heartbeat.receive();
    return answer.toString();
  }

  /** Ends the kernel, by force if it does not answer any more. */
  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGKILL");
      await this.exitCode;
    }
    for (const socket of [this.dealers.shell, this.dealers.control, this.subscriber, this.heartbeat]) socket.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

let shared: Promise<KernelClient> | undefined;

/** One kernel for all suites that leave it as they found it. */
export function sharedKernel(): Promise<KernelClient> {
  return shared ??= KernelClient.start();
}

after(async () => {
  if (shared !== undefined) await (await shared).stop();
});

/** Text without ANSI colours. */
export function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- the escape character is what colours begin with
  return text.replace(/\x1b\[\d+m/g, "");
}

/** The one error output of a cell that failed, its traceback as plain text; checks that output and reply agree. */
export function failure(cell: Executed): { ename: string; evalue: string; traceback: string } {
  const errors = cell.outputs.filter(({ type }) => type === "error");
  assert.equal(errors.length, 1, "one error output");
  assert.equal(cell.outputs.at(-1)?.type, "error", "the error is the last output");
  const { ename, evalue, traceback } = errors[0].content;
  assert.equal(cell.reply.status, "error");
  assert.deepEqual([cell.reply.ename, cell.reply.evalue, cell.reply.traceback], [ename, evalue, traceback]);
  assert.ok(Array.isArray(traceback));
  return { ename: String(ename), evalue: String(evalue), traceback: plain(traceback.join("\n")) };
}
