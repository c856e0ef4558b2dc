/** A network between a client and a server that a test can make fail. */
export class Network {
  down = false;
  /** What happens to a request that is no stream: decided at its beginning. */
  fate: (url: string, init: RequestInit | undefined) => "pass" | "lost before" | "lost after" = () => "pass";
  /** Waits before a response is passed on. */
  delay: () => number = () => 0;
  readonly requests: string[] = [];
  private readonly streams = new Set<AbortController>();

  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const url = String(input);
    this.requests.push(`${init?.method ?? "GET"} ${url.replace(/^http:\/\/[^/]*/, "")}`);
    if (this.down) throw new TypeError("the network is down");
    if (url.endsWith("/events")) return this.stream(url, init);
    const fate = this.fate(url, init);
    if (fate === "lost before") throw new TypeError("the request was lost");
    const response = await fetch(url, init);
    const body = response.status === 204 || response.status === 304 ? null : await response.arrayBuffer();
    const wait = this.delay();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    if (fate === "lost after" || this.down) throw new TypeError("the response was lost");
    return new Response(body, { status: response.status, headers: response.headers });
  };

  /** cut ends all streams. */
  cut(): void {
    for (const control of [...this.streams]) control.abort();
  }

  private async stream(url: string, init: RequestInit | undefined): Promise<Response> {
    const control = new AbortController();
    this.streams.add(control);
    init?.signal?.addEventListener("abort", () => {
      this.streams.delete(control);
      control.abort();
    });
    return fetch(url, { ...init, signal: control.signal });
  }

  /** offline cuts everything, and lets nothing through until online. */
  offline(): void {
    this.down = true;
    this.cut();
  }

  online(): void {
    this.down = false;
  }
}
