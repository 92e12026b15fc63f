// Working hours as the server tells them (`panel/hours.py`), and how months, days and hours are written.

import type { Home } from "./home";

export type Standing = "complete" | "missing" | "running";

export interface Sum {
  enroll_id: number;
  person: string;
  days: number;
  seconds: number;
  unknown: number;
  running: boolean;
  corrected: number;
}

interface Frame {
  month: string;
  days_in_month: number;
  today: string;
  day_begins: number;
}

export interface Everybody extends Frame {
  people: Sum[];
}

export interface Correction {
  correction_id: number;
  at: string;
  reason: string;
  by: string | null;
  made_at: string;
}

export interface Punch {
  at: string;
  terminal: string;
  serial: string;
  way: "in" | "out" | null;
  counts: boolean;
  record_id: number | null;
  correction: Correction | null;
}

export interface SheetDay {
  day: string;
  name: string | null;
  serial: string;
  standing: Standing;
  seconds: number | null;
  times: { begin: string | null; end: string | null }[];
  punches: Punch[];
}

export interface Sheet extends Frame {
  days: SheetDay[];
}

/** Shapes that tell how a day stands; the text beside them says it. */
export const STANDINGS: Readonly<Record<"missing" | "running", readonly [shape: string, tone: string]>> = {
  missing: ["⚠", "warn"],
  running: ["▸", "good"],
};

const MONTH = /^\d{4}-\d{2}$/;

/** A month of an address; undefined for what is none. */
export function monthOf(text: string | undefined): string | undefined {
  return text !== undefined && MONTH.test(text) ? text : undefined;
}

/** The month so many months after another. */
export function monthAfter(month: string, by: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}

/** 8:05, for hours of which the minutes are rounded. */
export function clock(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Every day of a month, `2026-11-01` and on. */
export function daysOf(sheet: Frame): string[] {
  return Array.from(
    { length: sheet.days_in_month },
    (_, index) => `${sheet.month}-${String(index + 1).padStart(2, "0")}`,
  );
}

/** November 2026 */
export function monthInWords(home: Home, month: string): string {
  return inWords(home, `${month}-01`, { month: "long", year: "numeric" });
}

/** Tue 24 Nov */
export function dayInWords(home: Home, day: string): string {
  return inWords(home, day, { weekday: "short", day: "numeric", month: "short" });
}

function inWords(home: Home, day: string, how: Intl.DateTimeFormatOptions): string {
  // A day is one of the house, wherever who looks is.
  return new Date(`${day}T00:00:00Z`).toLocaleDateString(home.texts.language, { ...how, timeZone: "UTC" });
}

/** When somebody was there, or the punches where it cannot be told which of them is missing. */
export function timesInWords(home: Home, day: SheetDay): string {
  const { format } = home;
  if (day.times.length === 0)
    return day.punches
      .filter((it) => it.counts)
      .map((it) => format.time(it.at))
      .join(" · ");
  const side = (moment: string | null) => (moment === null ? "?" : format.time(moment));
  return day.times
    .map(({ begin, end }) => `${side(begin)}–${end === null && day.standing === "running" ? "" : side(end)}`)
    .join(", ");
}

/** What the known days of a sheet come to in seconds, and how many are not known. */
export function totalOf(days: readonly SheetDay[]): { seconds: number; unknown: number } {
  return {
    seconds: days.reduce((sum, it) => sum + (it.seconds ?? 0), 0),
    unknown: days.filter((it) => it.standing === "missing").length,
  };
}
