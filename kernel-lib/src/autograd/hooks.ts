// Owns lists of hooks: putting one there and taking it away. Imports types only.
import type { Hook } from "../tape";

/** What takes a hook away again. */
export interface HookHandle {
  /** Takes the hook away; a second time does nothing. */
  remove(): void;
}

/** Puts a hook at the end of those of `owner`. The lists are never changed: a hook may remove itself while it runs. */
export function addHook<T>(owner: { hooks: readonly Hook<T>[] | null }, hook: Hook<T>): HookHandle {
  owner.hooks = [...(owner.hooks ?? []), hook];
  return {
    remove() {
      const others = owner.hooks?.filter((other) => other !== hook) ?? [];
      owner.hooks = others.length > 0 ? others : null;
    },
  };
}
