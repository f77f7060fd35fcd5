// Owns what is found under `pt.linalg`; no code of its own.
export { det, slogdet } from "../ops/determinant";
export { inv, solve } from "../ops/solve";
