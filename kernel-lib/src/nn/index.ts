// Owns what is found under `pt.nn`.
export * as functional from "./functional";
