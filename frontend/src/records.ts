// Records of the access log as the server tells them (`panel/log.py`), and the list that is made of them.

export interface LogRecord {
  id: number;
  occurred_at: string;
  arrived_at: string;
  terminal: string;
  serial: string;
  kind: "door" | "punch";
  person: string | null;
  enroll_id: number | null;
  method: string | null;
  door_event: string | null;
  live: boolean;
  time_known: boolean;
  outcome: "granted" | "refused" | "unknown" | null;
  decided_by: string | null;
  /** What its photo is asked for by, where one is kept. */
  photo: string | null;
}

/** Whether a record stands above another: the one that occurred later, else the one that was kept later. */
function newestFirst(one: LogRecord, other: LogRecord): number {
  return Date.parse(other.occurred_at) - Date.parse(one.occurred_at) || other.id - one.id;
}

/**
 * The records with those that are new or have changed.
 *
 * What is older than the last one is left out where there are more pages: it comes with its own.
 */
export function withRecords(before: readonly LogRecord[], news: readonly LogRecord[], hasMore: boolean): LogRecord[] {
  const last = before.at(-1);
  const found = new Map(before.map((record) => [record.id, record]));
  for (const record of news) {
    if (!hasMore || last === undefined || found.has(record.id) || newestFirst(record, last) < 0)
      found.set(record.id, record);
  }
  return [...found.values()].sort(newestFirst);
}
