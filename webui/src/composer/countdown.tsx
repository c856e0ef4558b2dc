import { useEffect, useState } from "preact/hooks";

// useCountdown returns how many seconds are left until a time, by Date.now(), and 0 from then on.
export function useCountdown(at: number | null): number {
  const left = at === null ? 0 : Math.max(0, Math.ceil((at - Date.now()) / 1000));
  const [tick, draw] = useState(0);
  useEffect(() => {
    if (left === 0) return;
    const timer = setTimeout(() => draw(tick + 1), at! - Date.now() - (left - 1) * 1000); // when the second is over
    return () => clearTimeout(timer);
  }, [at, tick]);
  return left;
}

// clock writes seconds as 0:09 or 1:02:03.
export function clock(seconds: number): string {
  const of = (n: number) => String(n).padStart(2, "0"), minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${of(seconds % 60)}` : `${Math.floor(minutes / 60)}:${of(minutes % 60)}:${of(seconds % 60)}`;
}
