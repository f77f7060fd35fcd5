// The connection file by which a Jupyter client tells a kernel its ports and key. Imports Node's built-ins only.
import { readFileSync } from "node:fs";

/** What a connection file holds (jupyter-client, "Connection files"). */
export interface Connection {
  readonly transport: string;
  readonly ip: string;
  readonly key: string;
  readonly signature_scheme: string;
  readonly shell_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly control_port: number;
  readonly hb_port: number;
}

export function readConnection(path: string): Connection {
  const connection = JSON.parse(readFileSync(path, "utf8")) as Connection;
  if (connection.key !== "" && connection.signature_scheme !== "hmac-sha256") {
    throw new Error(`${path}: signature scheme ${connection.signature_scheme}; only hmac-sha256 is known`);
  }
  return connection;
}

/** The ZeroMQ address of one port. */
export function address(connection: Connection, port: number): string {
  const separator = connection.transport === "ipc" ? "-" : ":";
  return `${connection.transport}://${connection.ip}${separator}${port}`;
}
