import { type Client, createClient, openStore, type Store } from "df-chat-client";
import { render } from "preact";
import { App, type Opened } from "./app";
import type { Server } from "./context";
import type { DfChatElement, DfChatEvents, Token } from "./element";
import { type Language, language, ready, type Table, tables } from "./i18n";
import { badgeTitle, notify, watchUnread } from "./notify";
import { readServer, usual } from "./server";
import { sources } from "./source";
import { styles } from "./style";

const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);

// What lives while the element is in a page, with one base and one user.
interface Session { store: Store; client: Client; files: ReturnType<typeof sources>; stop(): void }

/** DfChat is <df-chat base="/chat">: the whole chat in any page. */
export class DfChat extends HTMLElement implements DfChatElement {
  static observedAttributes = ["base", "token", "user", "lang", "room", "compact", "titled", "notify"];

  /** addLanguage adds texts, or replaces some: what is missing is shown in English. */
  static addLanguage(code: string, table: Table) {
    tables[code] = { ...tables[code], ...table };
    for (const element of document.querySelectorAll<DfChat>("df-chat")) void element.#draw();
  }

  #session: Session | null = null;
  #token: Token = null;
  #opened: Opened = { room: null, at: null };
  #server: Server = usual;
  #language: Language | null = null;
  #unread = 0;
  #texts = false;

  connectedCallback() {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    if (!this.#session) this.#start();
    const room = this.getAttribute("room");
    if (room) this.#opened = { room, at: null };
    void this.#draw();
  }

  disconnectedCallback() {
    // An element that is only moved is in the page again at once.
    queueMicrotask(() => { if (!this.isConnected) void this.#end(); });
  }

  attributeChangedCallback(name: string, old: string | null, value: string | null) {
    if (!this.isConnected || old === value || !this.#session) return;
    if (name === "base" || name === "user") void this.#end().then(() => { if (this.isConnected) { this.#start(); this.redraw(); } });
    else if (name === "token") this.#session.store.wake();
    else if (name === "lang") void this.#draw();
    else if (name === "room" && value !== this.#opened.room) this.open(value || null);
    if (name === "titled") badgeTitle(value === null ? 0 : this.#unread);
    this.redraw();
  }

  /** What the requests carry: a bearer token, or a function that returns one and is given true when the last was refused. */
  get token(): Token { return this.#token ?? this.getAttribute("token"); }
  set token(token: Token) { this.#token = token; this.#session?.store.wake(); }

  /** The room that is shown; null: none. */
  get room(): string | null { return this.#opened.room; }
  set room(room: string | null) { this.open(room); }

  /** The number of unread messages, without rooms that are muted. */
  get unread(): number { return this.#unread; }

  /** open shows a room, and a message of it by its number. */
  open = (room: string | null, number?: number) => {
    const changed = room !== this.#opened.room;
    this.#opened = { room, at: number === undefined ? null : { number } };
    this.redraw();
    if (changed) this.#tell("df-room", { room });
  };

  /** signOut forgets everything that this browser has kept of the user. */
  async signOut(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    session?.stop();
    if (this.shadowRoot) render(null, this.shadowRoot);
    await session?.store.clear();
  }

  #start() {
    const tokened = () => this.#token !== null || this.hasAttribute("token");
    const client = createClient({
      base: this.getAttribute("base") ?? "/chat",
      token: async (refused) => typeof this.#token === "function" ? await this.#token(refused) : this.#token ?? this.getAttribute("token"),
    });
    const store = openStore(client, { user: this.getAttribute("user") ?? undefined });
    const stops = [
      watchUnread(store, (messages, mentions) => {
        this.#unread = messages;
        if (this.hasAttribute("titled")) badgeTitle(messages);
        this.#tell("df-unread", { messages, mentions });
      }),
      notify(store, () => this.#lang(), store.me, (room) => this.open(room)),
      store.status.subscribe(() => { if (store.status.get() === "signed_out") this.#tell("df-signed-out", {}); }),
    ];
    this.#session = { client, store, files: sources(client, tokened), stop: () => stops.forEach((stop) => stop()) };
    readServer(client).then((server) => { this.#server = server; this.redraw(); }, () => {});
  }

  async #end() {
    const session = this.#session;
    this.#session = null;
    if (this.shadowRoot) render(null, this.shadowRoot);
    session?.stop();
    session?.files.close();
    if (this.hasAttribute("titled")) badgeTitle(0);
    await session?.store.close();
  }

  #wanted(): readonly string[] {
    const own = this.closest("[lang]")?.getAttribute("lang");
    return own ? [own, ...navigator.languages] : navigator.languages;
  }
  #lang(): Language { return this.#language ??= language(this.#wanted()); }

  // Nothing is drawn before the texts are there.
  async #draw() {
    await ready(this.#wanted()).catch(() => {}); // then in English
    this.#texts = true;
    this.#language = null;
    this.redraw();
  }

  redraw() {
    const session = this.#session;
    if (!session || !this.shadowRoot || !this.#texts) return;
    render(
      <App store={session.store} client={session.client} lang={this.#lang()} server={this.#server} compact={this.hasAttribute("compact")} opened={this.#opened}
        open={this.open} source={session.files.source} askToNotify={this.#mayAsk() ? this.#ask : null} />, this.shadowRoot);
  }

  #mayAsk() {
    return this.hasAttribute("notify") && typeof Notification !== "undefined" && Notification.permission === "default";
  }
  #ask = () => { void Notification.requestPermission().then(() => this.redraw()); };

  #tell<K extends keyof DfChatEvents>(name: K, detail: DfChatEvents[K]["detail"]) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

if (!customElements.get("df-chat")) customElements.define("df-chat", DfChat);
