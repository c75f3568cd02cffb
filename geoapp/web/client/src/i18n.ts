/** Words, numbers and dates. Message ids are the Chinese sentences; the server sends the dictionary of other languages. */

import { boot } from "./boot";

/** The message in the page's language; `{name}` stands for a value. */
export function t(id: string, values: Record<string, string | number> = {}): string {
  const text = boot.messages[id] ?? id;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

const locale = boot.language === "zh" ? "zh-CN" : "en-GB";

/** 12,345 or 12,345.6. */
export function number(value: number, digits = 0): string {
  return value.toLocaleString(locale, { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

/** 2026年11月21日, or 21 November 2026, from YYYY-MM-DD. */
export function day(iso: string): string {
  const [year, month, date] = iso.split("-").map(Number);
  if (!year || !month || !date) return iso;
  if (boot.language === "zh") return `${year}年${month}月${date}日`;
  return new Date(Date.UTC(year, month - 1, date)).toLocaleDateString(locale, {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
}

/** 850 米 or 1.25 公里. */
export function length(metres: number): string {
  return metres < 1000 ? t("{n} 米", { n: number(metres) }) : t("{n} 公里", { n: number(metres / 1000, 2) });
}

/** 850 平方米, 1.25 公顷 or 3.40 平方公里. */
export function area(squareMetres: number): string {
  if (squareMetres < 10_000) return t("{n} 平方米", { n: number(squareMetres) });
  if (squareMetres < 1_000_000) return t("{n} 公顷", { n: number(squareMetres / 10_000, 2) });
  return t("{n} 平方公里", { n: number(squareMetres / 1_000_000, 2) });
}
