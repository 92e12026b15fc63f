// When terminals were not connected (`panel/absences.py`), between the records of the log.

import type { LogRecord } from "./records";

export interface Absence {
  serial: string;
  since: string;
  /** None while it lasts. */
  until: string | null;
  arrived: "away" | "coming" | "not_known" | "whole";
}

/** A row of the log. */
export type LogRow = LogRecord | Absence;

export function isAbsence(row: LogRow): row is Absence {
  return "since" in row;
}

/** When a row stands in the log: a record where it occurred, an absence where it ended, or now. */
export function momentOf(row: LogRow, now: number): number {
  if (!isAbsence(row)) return Date.parse(row.occurred_at);
  return row.until === null ? now : Date.parse(row.until);
}

/** The absences that belong to what is looked at: a terminal, and a day `[from, until]`. */
export function absencesOf(
  absences: readonly Absence[],
  wanted: { serial?: string | undefined; from: string | null; until: string | null },
  now: number,
): Absence[] {
  const { serial, from, until } = wanted;
  return absences.filter(
    (it) =>
      (serial === undefined || it.serial === serial) &&
      (from === null || momentOf(it, now) >= Date.parse(from)) &&
      (until === null || Date.parse(it.since) < Date.parse(until)),
  );
}

/**
 * The records with the absences between them, newest first.
 *
 * One that ended before the oldest record comes with the pages that are still to be loaded, where there are some.
 */
export function withAbsences(
  records: readonly LogRecord[],
  absences: readonly Absence[],
  hasMore: boolean,
  now: number,
): LogRow[] {
  const last = records.at(-1);
  const oldest = hasMore && last !== undefined ? momentOf(last, now) : -Infinity;
  const shown = absences.filter((it) => momentOf(it, now) >= oldest);
  if (shown.length === 0) return [...records];
  const rows: LogRow[] = [];
  const waiting = shown.sort((a, b) => momentOf(b, now) - momentOf(a, now));
  for (const record of records) {
    while (waiting[0] && momentOf(waiting[0], now) >= momentOf(record, now)) rows.push(...waiting.splice(0, 1));
    rows.push(record);
  }
  return [...rows, ...waiting];
}
