// Datasets and batches: `pt.data`.
export { collate, type Collated } from "./collate";
export { type Dataset, type Stream, TensorDataset } from "./dataset";
export { DataLoader, type LoaderOptions, type StreamOptions } from "./loader";
