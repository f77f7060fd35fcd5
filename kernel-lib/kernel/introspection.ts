// What a front end asks about code without running it, and about the kernel. Imports compiler, executor and position.
import { printQuickInfo } from "tslab/dist/inspect";
import type { Compiler } from "./compiler";
import type { Executor } from "./executor";
import { calleeEnd, toCodePoints, toUnits } from "./position";

/** The content of a complete_request or an inspect_request. */
export interface CursorRequest {
  readonly code: string;
  /** In code points. */
  readonly cursor_pos: number;
}

export class Introspection {
  constructor(private readonly compiler: Compiler, private readonly executor: Executor) {}

  /** The content of a kernel_info_reply. */
  kernelInfo(): object {
    return {
      status: "ok",
      protocol_version: "5.3",
      implementation: "torchlab",
      implementation_version: "1.0",
      banner: `TypeScript ${this.compiler.typescriptVersion} on Node ${process.version}`,
      language_info: {
        name: "typescript",
        version: this.compiler.typescriptVersion,
        mimetype: "text/typescript",
        file_extension: ".ts",
        pygments_lexer: "typescript",
        // JupyterLab reads `mode`, the classic notebook the other two.
        codemirror_mode: { mode: "typescript", name: "javascript", typescript: true },
        nbconvert_exporter: "script",
      },
      help_links: [],
    };
  }

  /** The content of a complete_reply. */
  complete({ code, cursor_pos }: CursorRequest): object {
    const position = toUnits(code, cursor_pos);
    const info = this.compiler.complete(this.executor.declarations, code, position);
    return {
      status: "ok",
      matches: info.candidates,
      cursor_start: toCodePoints(code, info.start),
      cursor_end: toCodePoints(code, info.end),
      metadata: {},
    };
  }

  /** The content of an inspect_reply: signature and doc comment. */
  inspect({ code, cursor_pos }: CursorRequest): object {
    const position = toUnits(code, cursor_pos);
    // Between the parentheses of a call it is the function that is asked for.
    for (const place of [position, calleeEnd(code, position)]) {
      if (place === undefined) continue;
      const info = this.compiler.inspect(this.executor.declarations, code, place);
      if (info !== undefined) {
        return { status: "ok", found: true, data: { "text/plain": printQuickInfo(info) }, metadata: {} };
      }
    }
    return { status: "ok", found: false, data: {}, metadata: {} };
  }

  /** The content of an is_complete_reply. */
  isComplete(code: string): object {
    const { completed, indent } = this.compiler.isComplete(code);
    return completed ? { status: "complete" } : { status: "incomplete", indent: indent ?? "" };
  }
}
