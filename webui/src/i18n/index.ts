import { en } from "./en";

// A text has {name} where a value goes. Where it depends on the number n, it is an object of
// the forms that Intl.PluralRules tells apart; "other" is always there.
export type Text = string | ({ other: string } & Partial<Record<Intl.LDMLPluralRule, string>>);
export type Key = keyof typeof en;
export type Table = Partial<Record<Key, Text>>;

// tables are by language. Hosts add theirs: what is missing there is shown in English.
export const tables: Record<string, Table> = { en };

// later are fetched when somebody reads in that language.
const later: Record<string, () => Promise<Table>> = { de: () => import("./de").then((m) => m.de) };

// ready fetches the texts of the first of the wanted languages that there are texts in.
export async function ready(wanted: readonly string[]): Promise<void> {
  for (const code of wanted.flatMap((w) => [w, w.split("-")[0]!])) {
    const fetched = later[code];
    if (fetched) {
      tables[code] = { ...await fetched(), ...tables[code] };
      delete later[code];
    }
    if (tables[code]) return;
  }
}

export type Values = Record<string, string | number>;

// Language is how one language says and writes things.
export interface Language {
  code: string;
  dir: "ltr" | "rtl";
  t(key: Key, values?: Values): string;
  has(key: string): key is Key;
  number(n: number): string;
  time(d: Date): string;
  day(d: Date): string;
  when(d: Date): string;
  full(d: Date): string;
  ago(d: Date): string;
  list(items: string[]): string;
  size(bytes: number): string;
}

const rightToLeft = /^(ar|fa|he|ur|yi|ps|sd|ug|dv|ckb)\b/;

export const dayOf = (d: Date) => Math.floor((d.getTime() - d.getTimezoneOffset() * 60e3) / 864e5);

// language returns the first of the wanted ones that there are texts in.
export function language(wanted: readonly string[]): Language {
  const full = wanted.find((w) => tables[w] ?? tables[w.split("-")[0]!]) ?? "en";
  const table = tables[full] ?? tables[full.split("-")[0]!]!;
  // Times are written as in the country, where the browser's own languages tell it.
  const code = full.includes("-") ? full : navigator.languages.find((l) => l.startsWith(`${full}-`)) ?? full;
  const plural = new Intl.PluralRules(code);
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(code, options);
  const clock = format({ hour: "numeric", minute: "2-digit" }), weekday = format({ weekday: "short" });
  const day = format({ weekday: "long", day: "numeric", month: "long" }), date = format({ day: "numeric", month: "short" });
  const year = format({ day: "2-digit", month: "2-digit", year: "2-digit" }), long = format({ dateStyle: "full", timeStyle: "short" });
  const dated = format({ dateStyle: "long" });
  const relative = new Intl.RelativeTimeFormat(code, { numeric: "auto" });
  const lists = new Intl.ListFormat(code), numbers = new Intl.NumberFormat(code, { maximumFractionDigits: 1 });
  const capital = (s: string) => s.charAt(0).toLocaleUpperCase(code) + s.slice(1);
  const daysAgo = (d: Date) => dayOf(new Date()) - dayOf(d);

  const t = (key: Key, values: Values = {}): string => {
    const text: Text = table[key] ?? en[key];
    const form = typeof text === "string" ? text : text[plural.select(Number(values["n"]))] ?? text.other;
    return form.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name];
      return typeof value === "number" ? numbers.format(value) : value ?? "";
    });
  };
  return {
    code, t, dir: rightToLeft.test(code) ? "rtl" : "ltr",
    has: (key): key is Key => key in en,
    number: (n) => numbers.format(n),
    time: (d) => clock.format(d),
    day: (d) => {
      const ago = daysAgo(d);
      if (ago < 2) return capital(relative.format(-ago, "day"));
      return capital(d.getFullYear() === new Date().getFullYear() ? day.format(d) : dated.format(d));
    },
    when: (d) => {
      const ago = daysAgo(d);
      if (ago < 1) return clock.format(d);
      if (ago < 7) return weekday.format(d);
      return d.getFullYear() === new Date().getFullYear() ? date.format(d) : year.format(d);
    },
    full: (d) => long.format(d),
    ago: (d) => {
      const minutes = Math.round((Date.now() - d.getTime()) / 60e3);
      if (minutes < 60) return relative.format(-minutes, "minute");
      if (minutes < 24 * 60) return relative.format(-Math.round(minutes / 60), "hour");
      return relative.format(-Math.round(minutes / 1440), "day");
    },
    list: (items) => lists.format(items),
    size: (bytes) => {
      const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
      const at = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
      return new Intl.NumberFormat(code, { style: "unit", unit: units[at]!, unitDisplay: "short", maximumFractionDigits: 1 }).format(bytes / 1000 ** at);
    },
  };
}
