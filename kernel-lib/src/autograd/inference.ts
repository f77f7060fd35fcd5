// Owns inference mode as users have it. Imports the tape, and what operations keep.
import { refuseInference } from "../ops/kept";
import { withInference } from "../tape";

/**
 * What `f` returns; nothing in it is recorded, and the tensors made in it cannot take part in what is recorded later
 * where backward would need their elements. `clone()` makes normal ones of them.
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.grad_mode.inference_mode.html
 */
export function inferenceMode<R>(f: () => R): R {
  refuseInference();
  return withInference(f);
}
