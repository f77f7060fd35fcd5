// Jupyter messages as ZeroMQ frames: parsing, checking and signing. Imports Node's built-ins only.
// Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly date?: string;
}

export interface Message {
  /** Routing prefix, to be copied to the reply. */
  readonly identities: readonly Buffer[];
  readonly header: Header;
  /** The header's own text, which becomes the parent header of everything that answers it. */
  readonly headerText: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** When it was read from the socket, in milliseconds of `performance.now()`. */
  readonly arrived: number;
}

const delimiter = Buffer.from("<IDS|MSG>");
const session = randomUUID();

function sign(key: string, parts: readonly (Buffer | string)[]): string {
  if (key === "") return "";
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

/** @throws when the frames are no Jupyter message or the signature does not fit. */
export function decode(frames: readonly Buffer[], key: string): Message {
  const at = frames.findIndex((frame) => frame.equals(delimiter));
  if (at < 0 || frames.length < at + 6) throw new Error("not a Jupyter message: the delimiter or a part is missing");
  const parts = frames.slice(at + 2);
  const given = Buffer.from(frames[at + 1].toString());
  const wanted = Buffer.from(sign(key, parts));
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw new Error("a message with a wrong signature was ignored");
  }
  const headerText = parts[0].toString();
  return {
    identities: frames.slice(0, at),
    header: JSON.parse(headerText) as Header,
    headerText,
    content: JSON.parse(parts[3].toString()) as Record<string, unknown>,
    arrived: performance.now(),
  };
}

/** The frames of a message; `content` is JSON text. */
export function encode(
  key: string, identities: readonly (Buffer | string)[], type: string, parentText: string, content: string,
): (Buffer | string)[] {
  const header = JSON.stringify({
    msg_id: randomUUID(),
    msg_type: type,
    session,
    username: "kernel",
    date: new Date().toISOString(),
    version: "5.3",
  });
  const parts = [header, parentText, "{}", content];
  return [...identities, delimiter, sign(key, parts), ...parts];
}
