// The kernel's ZeroMQ sockets other than the heartbeat: binding, receiving, sending. Imports connection and wire.
import { Publisher, Router } from "zeromq";
import { address, type Connection } from "./connection";
import { decode, encode, type Message } from "./wire";

export type Channel = "shell" | "control";

const noParent = "{}";

// A send must neither wait nor fail: a synchronous cell can queue any number of messages before the event loop
// turns again. So there is no high-water mark, and the timeout is zero.
const unbounded = { sendTimeout: 0, sendHighWaterMark: 0, linger: 1000 };

export class Sockets {
  private readonly iopub = new Publisher(unbounded);
  private readonly routers = {
    shell: new Router(unbounded),
    control: new Router(unbounded),
    stdin: new Router(unbounded),
  };

  constructor(private readonly connection: Connection) {}

  async bind(): Promise<void> {
    const { connection, routers } = this;
    await Promise.all([
      this.iopub.bind(address(connection, connection.iopub_port)),
      routers.shell.bind(address(connection, connection.shell_port)),
      routers.control.bind(address(connection, connection.control_port)),
      routers.stdin.bind(address(connection, connection.stdin_port)),
    ]);
  }

  /** Hands every valid message of a channel to `handle`, until the socket closes. A bad one goes to `complain`. */
  async receive(
    channel: Channel, handle: (message: Message) => void, complain: (error: unknown) => void,
  ): Promise<void> {
    for await (const frames of this.routers[channel]) {
      try {
        handle(decode(frames, this.connection.key));
      } catch (error) {
        complain(error);
      }
    }
  }

  reply(channel: Channel, request: Message, type: string, content: object): void {
    const text = JSON.stringify(content);
    const frames = encode(this.connection.key, request.identities, type, request.headerText, text);
    void this.routers[channel].send(frames);
  }

  /** Publishes to every client; `content` is JSON text, `parent` the request that it belongs to. */
  publish(type: string, parent: Message | undefined, content: string): void {
    void this.iopub.send(encode(this.connection.key, [type], type, parent?.headerText ?? noParent, content));
  }

  close(): void {
    this.iopub.close();
    for (const socket of Object.values(this.routers)) socket.close();
  }
}
