import { Component, type ComponentChildren } from "preact";

export interface Target { number: number }

interface Props {
  label: string;
  // What the rows are made of: when one of these is another, what is on the screen is kept in its place.
  contents: readonly unknown[];
  before: boolean;
  after: boolean;
  busy: boolean;
  target: Target | null;
  more(where: "before" | "after"): void;
  // moved is told whether the end is in sight, and the number of the last message on the screen.
  moved(atEnd: boolean, seen: number): void;
  open(row: HTMLElement): void;
  children: ComponentChildren;
}

interface Kept { el: HTMLElement; y: number }

const near = 900, atEndWithin = 60;

// Scroller keeps what is on the screen where it is, whatever is added or removed around it.
// It is a reversed column with one child: position 0 is the newest message, so that the end
// stays the end by itself, in any browser. For everything else the first message on the
// screen is measured before and after a change.
export class Scroller extends Component<Props> {
  private box: HTMLElement | null = null;
  private reached: Target | null = null;
  private frame = 0;

  override componentDidMount() {
    if (!this.reach()) this.report();
    document.addEventListener("visibilitychange", this.report);
    addEventListener("focus", this.report);
    this.fill();
  }

  override componentWillUnmount() {
    document.removeEventListener("visibilitychange", this.report);
    removeEventListener("focus", this.report);
    cancelAnimationFrame(this.frame);
  }

  override getSnapshotBeforeUpdate(old: Readonly<Props>): Kept | null {
    if (old.contents.every((c, i) => c === this.props.contents[i])) return null;
    const box = this.box!;
    if (box.scrollTop > -8 && !old.after) return null; // at the end, and staying there
    const top = box.getBoundingClientRect().top;
    for (const el of box.querySelectorAll<HTMLElement>("li[data-number]")) {
      const { bottom, top: y } = el.getBoundingClientRect();
      if (bottom > top) return { el, y };
    }
    return null;
  }

  override componentDidUpdate(old: Props, _: unknown, kept: Kept | null) {
    if (this.reach()) return;
    if (kept) {
      // The row may have gone with its end of the window, and another is there for its message.
      const now = kept.el.isConnected ? kept.el : this.box!.querySelector(`li[data-number="${kept.el.dataset["number"]}"]`);
      const by = now ? now.getBoundingClientRect().top - kept.y : 0;
      if (by) this.box!.scrollTop += by;
    }
    if (old.contents !== this.props.contents) { this.report(); this.fill(); }
  }

  // reach goes to the message that is asked for, once it is there.
  private reach(): boolean {
    const { target } = this.props;
    if (!target || target === this.reached) return false;
    const el = this.box!.querySelector<HTMLElement>(`li[data-number="${target.number}"]`);
    if (!el) return false;
    this.reached = target;
    el.scrollIntoView({ block: "center" });
    el.classList.remove("flash");
    requestAnimationFrame(() => el.classList.add("flash"));
    setTimeout(() => el.classList.remove("flash"), 1800);
    this.report();
    return true;
  }

  // fill asks for more where an end of the window is near.
  private fill = () => {
    const { before, after, busy, more } = this.props, box = this.box!;
    if (busy) return;
    if (before && box.scrollHeight - box.clientHeight + box.scrollTop < near) more("before");
    else if (after && -box.scrollTop < near) more("after");
  };

  private report = () => {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      const box = this.box;
      if (!box) return;
      const atEnd = box.scrollTop > -atEndWithin && !this.props.after;
      this.props.moved(atEnd, this.lastSeen(box));
    });
  };

  private lastSeen(box: HTMLElement): number {
    const rows = box.querySelectorAll<HTMLElement>("li[data-number]"), bottom = box.getBoundingClientRect().bottom;
    for (let i = rows.length - 1; i >= 0; i--) {
      const r = rows[i]!.getBoundingClientRect();
      if (r.top + Math.min(r.height, 40) <= bottom) return Number(rows[i]!.dataset["number"]);
    }
    return 0;
  }

  // shows reports whether a message is on the screen.
  shows(number: number): boolean {
    const box = this.box!.getBoundingClientRect(), row = this.box!.querySelector(`li[data-number="${number}"]`)?.getBoundingClientRect();
    return row !== undefined && row.bottom > box.top && row.top + Math.min(row.height, 40) <= box.bottom;
  }

  toEnd = (smooth = false) => this.box!.scrollTo({ top: 0, behavior: smooth && -this.box!.scrollTop < 3000 ? "smooth" : "instant" });

  // The arrows go from message to message, Enter opens what can be done with one.
  private keys = (e: KeyboardEvent) => {
    const row = (e.target as Element).closest<HTMLElement>("li[data-number]"), box = this.box!;
    if (e.key === "Enter" && e.target === row) { e.preventDefault(); this.props.open(row!); return; }
    if (e.key !== "ArrowUp" && e.key !== "ArrowDown" || e.altKey || e.ctrlKey || e.metaKey) return;
    const rows = [...box.querySelectorAll<HTMLElement>("li[data-number]")];
    const to = row ? rows[rows.indexOf(row) + (e.key === "ArrowUp" ? -1 : 1)] : e.key === "ArrowUp" ? rows.at(-1) : undefined;
    if (!to) return;
    e.preventDefault();
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
  };

  override render({ label, children }: Props) {
    return (
      <div class="scroller" part="messages" role="region" aria-label={label} tabIndex={0} ref={(el) => { this.box = el; }} onKeyDown={this.keys}
        onScroll={() => { this.report(); this.fill(); }}>
        <div class="content">{children}</div>
      </div>
    );
  }
}
