import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icon";

export interface MenuItem { icon: IconName; label: string; run(): void; bad?: boolean; hint?: string }

// Floating is a layer above the page, at a point or beside an element, which Escape and a
// press elsewhere close. It is in the top layer, so nothing of the host's page cuts it off.
// A popover that closes by itself would do so when the button or the finger that opened it is
// let go of.
export function Floating({ at, close, label, role, class: name, children }: {
  at: Element | { x: number; y: number }; close(): void; label: string; role: "menu" | "dialog" | "listbox"; class?: string; children: ComponentChildren;
}) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const el = box.current!, before = (el.getRootNode() as ShadowRoot).activeElement;
    el.showPopover();
    place(el, at);
    const resized = new ResizeObserver(() => place(el, at));
    resized.observe(el);
    if (role !== "listbox") el.querySelector<HTMLElement>("[autofocus], [role^=menuitem]")?.focus();
    const outside = (e: Event) => { if (!e.composedPath().includes(el)) close(); };
    const escape = (e: KeyboardEvent) => {
      if (e.key !== "Escape" || e.isComposing) return;
      e.preventDefault();
      e.stopPropagation();
      close();
    };
    addEventListener("pointerdown", outside, true);
    addEventListener("keydown", escape, true);
    return () => {
      resized.disconnect();
      removeEventListener("pointerdown", outside, true);
      removeEventListener("keydown", escape, true);
      if (before instanceof HTMLElement && before.isConnected && role !== "listbox") before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <div ref={box} class={`floating ${name ?? ""}`} part="menu" popover="manual" role={role} aria-label={label}
      onClick={(e) => e.stopPropagation()}>{children}</div>
  );
}

function place(el: HTMLElement, at: Element | { x: number; y: number }) {
  const r = at instanceof Element ? at.getBoundingClientRect() : new DOMRect(at.x, at.y, 0, 0);
  const { offsetWidth: w, offsetHeight: h } = el, gap = 6, margin = 8;
  // From where it starts towards the end of the line, where there is room.
  const rtl = getComputedStyle(el).direction === "rtl", start = r.left, end = r.right - w;
  const x = rtl ? (end >= margin ? end : start) : start + w + margin <= innerWidth ? start : end;
  const y = r.bottom + gap + h + margin <= innerHeight ? r.bottom + gap : r.top - gap - h >= margin ? r.top - gap - h : innerHeight - h - margin;
  el.style.setProperty("left", `${Math.max(margin, Math.min(x, innerWidth - w - margin))}px`);
  el.style.setProperty("top", `${Math.max(margin, y)}px`);
}

// Menu is a list of things to do, walked through with the arrow keys.
export function Menu({ at, close, label, items, before }: {
  at: Element | { x: number; y: number }; close(): void; label: string; items: MenuItem[]; before?: ComponentChildren;
}) {
  const keys = (e: KeyboardEvent) => {
    const all = [...(e.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role^=menuitem]")];
    const root = (e.currentTarget as HTMLElement).getRootNode() as ShadowRoot, now = all.indexOf(root.activeElement as HTMLElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: all.length - 1 }[e.key];
    if (e.key === "Tab") { e.preventDefault(); close(); }
    if (to === undefined) return;
    e.preventDefault();
    all.at(to % all.length)?.focus();
  };
  return (
    <Floating at={at} close={close} label={label} role="menu" class="menu">
      <div role="presentation" onKeyDown={keys}>
        {before}
        {items.map((item) => (
          <button type="button" role="menuitem" tabIndex={-1} class={item.bad ? "bad" : undefined} onClick={() => { close(); item.run(); }}>
            <Icon name={item.icon} /><span>{item.label}</span>{item.hint && <small>{item.hint}</small>}
          </button>))}
      </div>
    </Floating>
  );
}
