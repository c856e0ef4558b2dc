import { type Media, type Operations, routes } from "./api.js";
import { Caller, type CallOptions, type ClientOptions, type Params } from "./call.js";
import { openStream, type Stream, type StreamOptions } from "./stream.js";
import { newID } from "./time.js";
import { upload, type UploadOptions } from "./upload.js";

/**
 * A client does all operations of the API, a method each: a call returns what the server
 * responds with, or throws a Problem. Calls that may be repeated are, when the network or the
 * server fails and when the server says when to ask again. A send is given a client id if it
 * has none, so that it may be.
 */
export interface Client extends Operations {
  /** Where the API is, without a slash at the end. */
  readonly base: string;
  /** upload stores a file that one may then send, and says how much of it has left. */
  upload(file: Blob, options?: UploadOptions): Promise<Media>;
  /** stream delivers what happens in all rooms, until it is closed. */
  stream(options: StreamOptions): Stream;
}

/** createClient returns a client of the API at a base. It asks for nothing yet. */
export function createClient(options: ClientOptions): Client {
  const caller = new Caller(options);
  const client: Record<string, unknown> = {
    base: caller.base,
    upload: (file: Blob, how?: UploadOptions) => upload(caller, file, how),
    stream: (how: StreamOptions) => openStream(caller, how),
  };
  for (const name of Object.keys(routes)) {
    client[name] = (params?: Params, how?: CallOptions) => caller.call(name, params, how);
  }
  client["chatMessageCreate"] = (params: Parameters<Operations["chatMessageCreate"]>[0], how?: CallOptions) => {
    if (params.body.client_id == null && params.idempotencyKey === undefined) {
      params = { ...params, body: { ...params.body, client_id: newID() } };
    }
    return caller.call("chatMessageCreate", params as unknown as Params, how);
  };
  return client as unknown as Client;
}
