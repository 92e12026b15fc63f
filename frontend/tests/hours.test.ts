import { expect, test } from "vitest";

import { Format } from "../src/format";
import type { Home } from "../src/home";
import { clock, dayInWords, daysOf, monthAfter, monthOf, timesInWords, totalOf, type SheetDay } from "../src/hours";
import { Texts } from "../src/texts";

const home = {
  texts: Texts.plain(),
  format: new Format({
    language: "en",
    locale: {
      language: "en",
      number_format: "language",
      time_format: "24",
      time_zone: "server",
      first_weekday: "monday",
    },
    config: { time_zone: "Europe/Vienna", country: "AT", language: "en", state: "RUNNING" },
  }),
} as Home;

const at = (hour: string) => `2026-11-24T${hour}:00+01:00`;

function day(changes: Partial<SheetDay>): SheetDay {
  return {
    day: "2026-11-24",
    name: "Ada",
    serial: "A",
    standing: "complete",
    seconds: 0,
    times: [],
    punches: [],
    ...changes,
  };
}

test("months go on over the end of a year, and what is none is left out", () => {
  expect(monthAfter("2026-12", 1)).toBe("2027-01");
  expect(monthAfter("2026-01", -1)).toBe("2025-12");
  expect(monthOf("2026-11")).toBe("2026-11");
  expect(monthOf("november")).toBeUndefined();
  expect(monthOf(undefined)).toBeUndefined();
});

test("hours are written with minutes, also more than a day of them", () => {
  expect([0, 59 * 60 + 40, 8 * 3600 + 5 * 60, 160 * 3600].map(clock)).toEqual(["0:00", "1:00", "8:05", "160:00"]);
});

test("a sheet has every day of its month, by the calendar of the house", () => {
  const days = daysOf({ month: "2026-02", days_in_month: 28, today: "2026-02-03", day_begins: 0 });
  expect([days.length, days[0], days.at(-1)]).toEqual([28, "2026-02-01", "2026-02-28"]);
  expect(dayInWords(home, "2026-11-24")).toBe("Tue, Nov 24");
});

test("what is missing is a question mark, and where nobody can tell there are punches alone", () => {
  const times = [
    { begin: at("08:00"), end: at("12:00") },
    { begin: null, end: at("17:00") },
  ];
  expect(timesInWords(home, day({ times, standing: "missing" }))).toBe("08:00–12:00, ?–17:00");
  const there = [{ begin: at("08:00"), end: null }];
  expect(timesInWords(home, day({ times: there, standing: "running" }))).toBe("08:00–");
  const punch = { terminal: "Door", serial: "A", way: null, record_id: 1, correction: null };
  const punches = [
    { ...punch, at: at("08:00"), counts: true },
    { ...punch, at: at("09:00"), counts: false },
    { ...punch, at: at("17:00"), counts: true },
  ];
  expect(timesInWords(home, day({ punches, standing: "missing", seconds: null }))).toBe("08:00 · 17:00");
});

test("a total is of what is known, and tells of what is not", () => {
  const days = [day({ seconds: 3600 }), day({ seconds: null, standing: "missing" }), day({ seconds: 1800 })];
  expect(totalOf(days)).toEqual({ seconds: 5400, unknown: 1 });
});
