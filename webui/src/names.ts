import type { Language } from "./i18n";
import type { Head, LastMessage, Message, Room, User } from "./types";

type Author = { user: User | null; author_kind: string };

export const nameOf = (lang: Language, user: User | null): string => user === null ? lang.t("deleted_user") : user.name || lang.t("user_number", { id: user.id });

export const authorOf = (lang: Language, m: Author): string => m.author_kind === "system" ? lang.t("notice") : nameOf(lang, m.user);

export const titleOf = (lang: Language, room: Room): string => room.type === "private_messages" ? nameOf(lang, room.other) : room.name;

export const avatarOf = (room: Room) => ({
  id: room.other?.id ?? room.id,
  url: room.avatar_thumbnail_url ?? room.avatar_url ?? room.other?.avatar_url,
});

// previewOf is what a list shows of a message in one line.
export function previewOf(lang: Language, m: LastMessage | Head | Message): string {
  const { t } = lang;
  if (m.deleted_at) return t("message_deleted");
  const of = "media" in m ? m.media ?? [] : [], media: readonly { content_type: string; file_name: string }[] = Array.isArray(of) ? of : [of];
  const count = ("media_count" in m ? m.media_count : undefined) ?? media.length;
  const kind = media[0]?.content_type ?? ("media_type" in m ? m.media_type : null) ?? "";
  const sign = count === 0 ? "" : kind.startsWith("image/") ? "📷 " : kind.startsWith("video/") ? "🎬 " : kind.startsWith("audio/") ? "🎵 " : "📎 ";
  if (m.text) return sign + m.text.replace(/\s+/g, " ");
  if (kind.startsWith("image/")) return sign + t("photos", { n: count });
  if (kind.startsWith("video/")) return sign + t("films", { n: count });
  if (kind.startsWith("audio/")) return sign + t("sounds", { n: count });
  return sign + (count === 1 && media[0]?.file_name || t("files", { n: count }));
}

// problemText says in words why something was refused.
export function problemText(lang: Language, problem: unknown): string {
  const { code, detail, errors } = problem as { code?: string; detail?: string; errors?: readonly { code: string; detail: string; limit?: number }[] };
  const fault = errors?.[0], of = fault && `fault_${fault.code}`, by = `problem_${code}`;
  if (of && lang.has(of)) return lang.t(of, { limit: fault.limit ?? "" });
  if (lang.has(by)) return lang.t(by);
  return detail ?? lang.t("problem_internal");
}
