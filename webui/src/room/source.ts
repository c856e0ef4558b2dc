import { useEffect, useState } from "preact/hooks";
import { useChat } from "../context";

// useSource returns where a file is to be shown from, and "" until that is known.
export function useSource(url: string, wanted = true): string {
  const { source } = useChat();
  const [made, setMade] = useState<{ url: string; src: string }>({ url: "", src: "" });
  const now = wanted && url ? source(url) : "";
  useEffect(() => {
    if (typeof now === "string") return;
    let gone = false;
    now.then((src) => { if (!gone) setMade({ url, src }); }, () => {});
    return () => { gone = true; };
  }, [url, wanted]);
  return typeof now === "string" ? now : made.url === url ? made.src : "";
}

// useBlob returns an address for what has not been uploaded yet.
export function useBlob(blob: Blob | null): string {
  const [src, setSrc] = useState("");
  useEffect(() => {
    if (!blob) return;
    const made = URL.createObjectURL(blob);
    setSrc(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return src;
}
