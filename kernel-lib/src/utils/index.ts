// Owns what is found under `pt.utils`.
export * as checkpoint from "../autograd/checkpoint";
