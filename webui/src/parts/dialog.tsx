import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useChat } from "../context";
import { Icon } from "./icon";

// Dialog is a window above everything: the browser keeps the focus in it, and gives it back.
export function Dialog({ title, close, wide, children, foot }: { title: string; close(): void; wide?: boolean; children: ComponentChildren; foot?: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  const { t } = useChat().lang;
  useLayoutEffect(() => {
    const el = box.current!;
    el.showModal();
    return () => el.close();
  }, []);
  return (
    <dialog ref={box} class={wide ? "wide" : undefined} part="dialog" aria-labelledby="dialog-title" onCancel={(e) => { e.preventDefault(); close(); }}
      onMouseDown={(e) => { if (e.target === e.currentTarget) close(); }}>
      <div class="sheet">
        <header>
          <h2 id="dialog-title">{title}</h2>
          <button type="button" class="icon" aria-label={t("close")} onClick={close}><Icon name="close" /></button>
        </header>
        <div class="inside">{children}</div>
        {foot && <footer>{foot}</footer>}
      </div>
    </dialog>
  );
}

// Confirm asks before something that cannot be undone.
export function Confirm({ title, text, action, run, close }: { title: string; text: string; action: string; run(): Promise<unknown> | void; close(): void }) {
  const { lang, attempt } = useChat();
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    if (await attempt(async () => run())) close();
    else setBusy(false);
  };
  return (
    <Dialog title={title} close={close} foot={<>
      <button type="button" class="button" onClick={close}>{lang.t("cancel")}</button>
      <button type="button" class="button main bad" disabled={busy} onClick={go} autofocus>{action}</button>
    </>}>
      <p>{text}</p>
    </Dialog>
  );
}

// Switch is a setting that is on or off.
export function Switch({ label, hint, on, disabled, set }: { label: string; hint?: string; on: boolean; disabled?: boolean; set(on: boolean): void }) {
  return (
    <label class="switch">
      <span>{label}{hint && <small>{hint}</small>}</span>
      <input type="checkbox" role="switch" checked={on} disabled={disabled} onChange={(e) => set(e.currentTarget.checked)} />
    </label>
  );
}
