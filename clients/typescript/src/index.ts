export * from "./api.js";
export type { Problem as ProblemBody } from "./api.js";
export type { CallOptions, ClientOptions } from "./call.js";
export { type Client, createClient } from "./client.js";
export { Problem, type ProblemCode, type StoredProblem } from "./problem.js";
export { openStore } from "./store.js";
export type {
  Draft, OutboxEntry, OutboxFile, Outgoing, Readable, RoomEntry, RoomStore, RoomView, SizedFile, Status, Store, StoreOptions, UnreadTotals,
} from "./store_types.js";
export type { StreamUpdate, UpdateRoomReset } from "./sequence.js";
export type { Stream, StreamHandler, StreamOptions, StreamStatus } from "./stream.js";
export type { UploadOptions } from "./upload.js";
