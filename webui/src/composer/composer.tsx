import type { Draft, RoomStore } from "df-chat-client";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useChat } from "../context";
import { Picker } from "../emoji/lazy";
import { authorOf, previewOf, titleOf } from "../names";
import { Icon } from "../parts/icon";
import { Floating } from "../parts/menu";
import type { Head, Member, Message, Room } from "../types";
import { sized } from "../size";
import { clock, useCountdown } from "./countdown";
import { Attachments, type Attached } from "./attachments";
import { completed, Mentions, mentionAt, mentionedIn, useMentions } from "./mentions";

export interface ComposerHandle {
  reply(m: Message): void;
  edit(m: Message): void;
  attach(files: File[]): void;
}

interface Props {
  handle: { current: ComposerHandle | null };
  room: Room; store: RoomStore; draft: Draft | null; sendAt: number | null; members: readonly Member[] | null; messages: readonly Message[];
  sent(): void;
}

const canHover = () => matchMedia("(hover: hover)").matches;

// Composer is where one writes. What is written stays with its room until it is sent.
export function Composer({ handle, room, store, draft, sendAt, members, messages, sent }: Props) {
  const chat = useChat(), { lang, server, me, attempt, toast, say } = chat, { t } = lang;
  const [text, setText] = useState(draft?.text ?? "");
  const [reply, setReply] = useState<Head | null>((draft?.reply_to as unknown as Head | null | undefined) ?? null);
  const [editing, setEditing] = useState<Message | null>(null);
  const [files, setFiles] = useState<Attached[]>([]);
  const [picking, setPicking] = useState<Element | null>(null);
  const box = useRef<HTMLTextAreaElement>(null), pick = useRef<HTMLInputElement>(null), caret = useRef(0);
  const before = useRef<Promise<unknown>>(Promise.resolve()); // one message is kept after the other
  const mentions = useMentions(room, store, members, me?.id);

  // The draft is kept a moment after the last key, and at once when one leaves.
  const unsaved = useRef<Draft | null | undefined>(undefined), timer = useRef(0);
  const save = () => {
    clearTimeout(timer.current);
    if (unsaved.current !== undefined) store.setDraft(unsaved.current);
    unsaved.current = undefined;
  };
  const keep = (text: string, reply: Head | null) => {
    unsaved.current = text.trim() || reply ? { text, reply_to: reply as never } : null;
    clearTimeout(timer.current);
    timer.current = setTimeout(save, 300) as unknown as number;
  };
  useEffect(() => {
    addEventListener("pagehide", save, true); // before the store keeps what it has
    return () => { removeEventListener("pagehide", save, true); save(); };
  }, []);
  // A draft that is known later than the room was opened, or comes of another tab.
  const touched = useRef(false);
  useEffect(() => {
    if (touched.current || editing || !draft || draft.text === text) return;
    setText(draft.text);
    setReply(draft.reply_to as unknown as Head | null);
  }, [draft]);

  const focus = () => box.current?.focus({ preventScroll: true });
  useLayoutEffect(() => { if (canHover()) focus(); }, []);
  useLayoutEffect(() => {
    const el = box.current!;
    if (CSS.supports("field-sizing", "content")) return;
    el.style.setProperty("height", "auto");
    el.style.setProperty("height", `${el.scrollHeight + 2}px`);
  }, [text]);

  handle.current = {
    reply: (m) => { setEditing(null); if (editing) setText(draft?.text ?? ""); const head = headOf(m); setReply(head); keep(editing ? draft?.text ?? "" : text, head); focus(); },
    edit: (m) => { save(); setEditing(m); setReply(null); setText(m.text); setTimeout(focus); },
    attach: (added) => {
      if (!server.uploads || editing) return;
      const fits = added.filter((f) => f.size <= server.fileSize);
      if (fits.length < added.length) toast(t("file_too_large", { size: lang.size(server.fileSize) }));
      const all = [...files, ...fits.map((file) => ({ file, id: Math.random() }))];
      if (all.length > server.files) toast(t("too_many_files", { n: server.files }));
      setFiles(all.slice(0, server.files));
      for (const { file } of all.slice(0, server.files)) void sized(file);
      focus();
    },
  };

  const length = [...text].length, tooLong = length - server.textLength;
  const ready = (text.trim() !== "" || files.length > 0 || (editing !== null && editing.media.length > 0)) && tooLong <= 0;
  // In slow mode what is written stays here until one may send again.
  const left = useCountdown(editing ? null : sendAt), slow = left > 0 ? t("slow_left", { time: clock(left) }) : "";
  const stopEditing = () => { setEditing(null); setText(unsaved.current?.text ?? draft?.text ?? ""); };

  const go = async () => {
    if (ready && slow) say(slow);
    if (!ready || slow) return;
    const words = text.trim();
    if (editing) {
      const m = editing;
      stopEditing();
      if (words !== m.text && !await attempt(() => store.edit(m.id, words))) { setEditing(m); setText(words); }
      focus();
      return;
    }
    const mentioned = mentionedIn(words, mentions.chosen.current);
    // The place to write is free at once: what is typed next must not go with this.
    setText("");
    setReply(null);
    setFiles([]);
    unsaved.current = null;
    const done = await attempt(async () => {
      const send = async () => store.send({ text: words, files: await Promise.all(files.map((f) => sized(f.file))), reply_to: reply as never, fields: room.mention_count === undefined ? undefined : mentioned as never });
      await (before.current = before.current.then(send, send));
    });
    if (!done) { // it could not be kept: it is there again, before what was typed since
      setText((since) => since ? `${words}\n${since}` : words);
      setReply(reply);
      setFiles(files);
      return;
    }
    mentions.chosen.current.clear();
    save();
    focus();
    sent();
  };

  const input = (value: string) => {
    touched.current = true;
    setText(value);
    if (!editing) keep(value, reply);
    if (value.trim() && !editing) store.typing();
    mentions.look(mentionAt(value, box.current!.selectionStart));
  };
  const insert = (what: string) => {
    const el = box.current!, at = picking ? caret.current : el.selectionStart;
    const value = text.slice(0, at) + what + text.slice(at);
    caret.current = at + what.length;
    input(value);
    setTimeout(() => el.setSelectionRange(caret.current, caret.current));
  };
  const choose = (member: Member) => {
    const el = box.current!, made = completed(lang, text, el.selectionStart, member);
    mentions.choose(lang, member);
    input(made.text);
    setTimeout(() => { focus(); el.setSelectionRange(made.caret, made.caret); });
  };

  const keys = (e: KeyboardEvent) => {
    if (e.isComposing || e.keyCode === 229) return; // an input method has the key
    if (mentions.keys(e, choose)) return;
    if (e.key === "Enter" && !e.shiftKey && !e.altKey) { e.preventDefault(); void go(); }
    if (e.key === "Escape" && (editing || reply)) {
      e.preventDefault();
      if (editing) stopEditing();
      else { setReply(null); keep(text, null); }
    }
    if (e.key === "ArrowUp" && text === "" && !editing) {
      const last = messages.findLast((m) => m.user?.id === me?.id && !m.deleted_at && m.author_kind === "user");
      if (last && room.my_permissions.includes("can_edit_own_messages")) { e.preventDefault(); handle.current!.edit(last); }
    }
  };
  const paste = (e: ClipboardEvent) => {
    const pasted = [...e.clipboardData?.files ?? []];
    // What office programs copy is a text and a picture of it: the text is meant.
    if (pasted.length === 0 || e.clipboardData!.types.includes("text/plain")) return;
    e.preventDefault();
    handle.current!.attach(pasted);
  };

  const above = editing ? { title: t("editing"), text: previewOf(lang, editing) } : reply && { title: t("replying_to", { name: authorOf(lang, reply) }), text: previewOf(lang, reply) };
  return (
    <form class="composer" part="composer" onSubmit={(e) => { e.preventDefault(); void go(); }}>
      {above && <div class="above">
        <Icon name={editing ? "edit" : "reply"} /><span class="lines"><b class="cut" dir="auto">{above.title}</b><span class="cut" dir="auto">{above.text}</span></span>
        <button type="button" class="icon" aria-label={t("cancel")} onClick={() => { if (editing) stopEditing(); else { setReply(null); keep(text, null); } focus(); }}><Icon name="close" /></button>
      </div>}
      {files.length > 0 && <Attachments files={files} set={setFiles} />}
      <Mentions state={mentions} choose={choose} />
      <div class="write">
        {server.uploads && !editing && <>
          <button type="button" class="icon" aria-label={t("attach")} title={t("attach")} onClick={() => pick.current!.click()}><Icon name="clip" /></button>
          <input ref={pick} type="file" multiple hidden aria-hidden="true" onChange={(e) => { handle.current!.attach([...e.currentTarget.files ?? []]); e.currentTarget.value = ""; }} />
        </>}
        <textarea ref={box} rows={1} dir="auto" enterkeyhint="send" aria-label={t("message_to", { room: titleOf(lang, room) })} placeholder={t("write")} value={text}
          aria-autocomplete="list" aria-controls={mentions.open ? "mentions" : undefined} aria-activedescendant={mentions.open ? `mention-${mentions.at}` : undefined}
          onInput={(e) => input(e.currentTarget.value)} onKeyDown={keys} onPaste={paste} onBlur={(e) => { caret.current = e.currentTarget.selectionStart; save(); mentions.look(null); }} />
        <button type="button" class="icon" aria-label={t("emoji")} title={t("emoji")} aria-expanded={picking !== null} onClick={(e) => { caret.current = box.current!.selectionStart; setPicking(e.currentTarget); }}><Icon name="smile" /></button>
        <button type="submit" class="icon send" part="send" aria-label={t(editing ? "save" : "send")} title={slow || t(editing ? "save" : "send")} disabled={!ready || slow !== ""}><Icon name={slow ? "clock" : editing ? "check" : "send"} /></button>
      </div>
      {tooLong > -200 && <p class={`count ${tooLong > 0 ? "over" : ""}`} role={tooLong > 0 ? "alert" : undefined}>{tooLong > 0 ? t("too_long", { n: tooLong }) : lang.number(-tooLong)}</p>}
      {slow && <p class="count slow" role="timer">{slow}</p>}
      {picking && <Floating at={picking} close={() => { setPicking(null); setTimeout(focus); }} label={t("emoji")} role="dialog" class="pickerbox"><Picker pick={(emoji) => { insert(emoji); if (canHover()) return; setPicking(null); if (!matchMedia("(pointer: coarse)").matches) setTimeout(focus); }} /></Floating>}
    </form>
  );
}

const headOf = (m: Message): Head => ({
  id: m.id, number: m.number, user: m.user, author_kind: m.author_kind, text: m.text, deleted_at: m.deleted_at,
  media_count: m.media.length, media_type: m.media[0]?.content_type ?? null, media_id: m.media[0]?.id ?? null, media: m.media[0] ?? null,
});
