/** What the requests carry: a bearer token, or a function that returns one and is given true when the last was refused. */
export type Token = string | null | ((refused: boolean) => string | null | Promise<string | null>);

/** The events of the component, with their details. */
export interface DfChatEvents {
  "df-room": CustomEvent<{ room: string | null }>;
  "df-unread": CustomEvent<{ messages: number; mentions: number }>;
  "df-signed-out": CustomEvent<object>;
}

/** The element <df-chat>, as a page has it: see docs/component.md. */
export interface DfChatElement extends HTMLElement {
  token: Token;
  room: string | null;
  readonly unread: number;
  readonly open: (room: string | null, number?: number) => void;
  signOut(): Promise<void>;
  addEventListener<K extends keyof DfChatEvents>(type: K, listener: (event: DfChatEvents[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "df-chat": DfChatElement;
  }
}
