import { Component, type ComponentChild, type FunctionComponent, h } from "preact";

// memo draws a part again only when one of its properties is another.
export function memo<P extends object>(part: FunctionComponent<P>): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const now = this.props as Record<string, unknown>, then = next as Record<string, unknown>;
      return Object.keys(now).length !== Object.keys(then).length || Object.keys(then).some((k) => now[k] !== then[k]);
    }
    override render(props: P): ComponentChild { return h(part, props as never); }
  }
  return Memo as unknown as FunctionComponent<P>;
}
