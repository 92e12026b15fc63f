// Passes of guests as the server tells them (`panel/guests.py`).

import { doorName, type Overview } from "./overview";

export interface PassDoors {
  serial: string;
  name: string;
  doors: number[];
}

export interface Pass {
  pass_id: string;
  name: string;
  state: string;
  doors: PassDoors[];
  created_at: string;
  valid_from: string | null;
  valid_until: string | null;
  weekdays: string[] | null;
  start_time: string | null;
  end_time: string | null;
  uses: number;
  max_uses: number | null;
  calendar: string | null;
  tag: string | null;
  with_pin: boolean;
}

export interface PassNews {
  all: boolean;
  passes: Record<string, Pass | null>;
}

export type Passes = ReadonlyMap<string, Pass>;

/** How a state is told beside its word: a shape, and where it belongs in the list. */
const STATES: Record<string, { shape: string; className: string; rank: number }> = {
  active: { shape: "●", className: "good", rank: 0 },
  not_now: { shape: "◐", className: "warn", rank: 0 },
  not_yet_valid: { shape: "◔", className: "warn", rank: 0 },
  used_up: { shape: "○", className: "", rank: 1 },
  expired: { shape: "○", className: "", rank: 1 },
  revoked: { shape: "✕", className: "bad", rank: 1 },
};

/** How a state is shown. */
export function shown(state: string): { shape: string; className: string; rank: number } {
  return STATES[state] ?? { shape: "?", className: "", rank: 0 };
}

/** The passes with what is new in them: those that have ended last, and otherwise the newest first. */
export function withPasses(before: Passes | undefined, news: PassNews): Passes {
  const passes = new Map(news.all ? [] : before);
  for (const [id, pass] of Object.entries(news.passes)) {
    if (pass === null) passes.delete(id);
    else passes.set(id, pass);
  }
  return new Map(
    [...passes].sort(
      ([, a], [, b]) =>
        shown(a.state).rank - shown(b.state).rank || Date.parse(b.created_at) - Date.parse(a.created_at),
    ),
  );
}

/** The names of the doors of a pass; a terminal that is gone is called as the server calls it. */
export function doorNames(overview: Overview, pass: Pass): string[] {
  return pass.doors.flatMap(({ serial, name, doors }) => {
    const terminal = overview.terminals.get(serial);
    const known = terminal?.doors.filter((door) => doors.includes(door.number)) ?? [];
    return terminal && known.length > 0 ? known.map((door) => doorName(terminal, door)) : [name];
  });
}

/** A device by which the server is asked about a pass: of its own terminals, or else any. */
export function deviceOf(overview: Overview, pass: Pass): string | undefined {
  const own = pass.doors.map(({ serial }) => overview.terminals.get(serial)).find(Boolean);
  return (own ?? overview.terminals.values().next().value)?.device_id;
}
