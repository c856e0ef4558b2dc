import { useState } from "preact/hooks";
import { useChat } from "../context";
import { Icon } from "../parts/icon";
import { useBlob } from "../room/source";

export interface Attached { file: File; id: number }

// Attachments are the files that go with the next message, in an order that one can change:
// by dragging, or by the arrow keys.
export function Attachments({ files, set }: { files: Attached[]; set(files: Attached[]): void }) {
  const { lang: { t }, say } = useChat();
  const [dragged, setDragged] = useState<number | null>(null);
  const move = (from: number, to: number) => {
    if (to < 0 || to >= files.length || from === to) return;
    const all = [...files], [one] = all.splice(from, 1);
    all.splice(to, 0, one!);
    set(all);
    say(t("file_place", { name: one!.file.name, n: to + 1, all: all.length }));
  };
  const keys = (e: KeyboardEvent, i: number) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (by) { e.preventDefault(); move(i, i + by); }
    if (e.key === "Delete" || e.key === "Backspace") { e.preventDefault(); set(files.filter((_, at) => at !== i)); }
  };
  return (
    <ul class="attached" aria-label={t("attached")}>
      {files.map((f, i) => (
        <li key={f.id} draggable onDragStart={(e) => { setDragged(i); e.dataTransfer!.effectAllowed = "move"; }} onDragEnd={() => setDragged(null)}
          onDragOver={(e) => { if (dragged !== null) { e.preventDefault(); e.stopPropagation(); if (dragged !== i) { move(dragged, i); setDragged(i); } } }}>
          <Thumb file={f.file} keys={(e) => keys(e, i)} label={t("file_place", { name: f.file.name, n: i + 1, all: files.length })} />
          <button type="button" class="remove" aria-label={t("remove_file", { name: f.file.name })} onClick={() => set(files.filter((_, at) => at !== i))}><Icon name="close" /></button>
        </li>))}
    </ul>
  );
}

function Thumb({ file, keys, label }: { file: File; keys(e: KeyboardEvent): void; label: string }) {
  const { lang } = useChat();
  const picture = /^image\/(png|jpeg|gif|webp|avif)$/.test(file.type), src = useBlob(picture ? file : null);
  const [failed, setFailed] = useState(false);
  return (
    <span class="thumb" tabIndex={0} role="img" aria-label={label} onKeyDown={keys}>
      {src && !failed ? <img src={src} alt="" onError={() => setFailed(true)} /> : <><Icon name="file" /><b class="cut">{file.name}</b><small>{lang.size(file.size)}</small></>}
    </span>
  );
}
