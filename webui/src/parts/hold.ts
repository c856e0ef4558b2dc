type Point = { x: number; y: number };

// holdToOpen returns the handlers by which a right click, the menu key and a finger that
// stays open a menu. Some phones have no contextmenu event, so the finger is timed here.
export function holdToOpen(open: (at: Element | Point) => void) {
  let timer = 0, start: Point | null = null, opened = 0;
  const stop = () => { clearTimeout(timer); start = null; };
  const show = (at: Element | Point) => { stop(); open(at); };
  return {
    onContextMenu: (e: MouseEvent) => {
      if ((e.target as Element).closest("a, img, video, audio, textarea, input")) return;
      if (getSelection()?.toString()) return;
      e.preventDefault();
      if (Date.now() - opened < 800) return; // the finger was timed already
      show(e.clientX || e.clientY ? { x: e.clientX, y: e.clientY } : e.currentTarget as Element);
    },
    onPointerDown: (e: PointerEvent) => {
      if (e.pointerType !== "touch") return;
      start = { x: e.clientX, y: e.clientY };
      timer = setTimeout(() => { if (start) { opened = Date.now(); navigator.vibrate?.(10); show(start); } }, 480) as unknown as number;
    },
    onPointerMove: (e: PointerEvent) => { if (start && Math.hypot(e.clientX - start.x, e.clientY - start.y) > 10) stop(); },
    onPointerUp: stop,
    onPointerCancel: stop,
    onClickCapture: (e: MouseEvent) => {
      // The end of a long press is no click.
      if (Date.now() - opened < 700 && opened > 0 && e.detail > 0 && (e as PointerEvent).pointerType === "touch") { e.preventDefault(); e.stopPropagation(); }
    },
  };
}
