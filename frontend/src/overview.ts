// What every page knows: the terminals with their doors, and how the house stands (`panel/overview.py`).

export interface Door {
  number: number;
  /** None for the only door of a terminal, which is called like that. */
  name: string | null;
  /** The door's own device; the only door of a terminal is the terminal's. */
  device_id: string;
  lock: string | null;
  /** What holds the door; none where that is not known. */
  mode: "normal" | "held_open" | "held_closed" | null;
  /** Until when, and who asked, where it is on a timer. */
  held_until: string | null;
  held_by: string | null;
  emergency: Emergency["kind"] | null;
}

/** A lockdown or an evacuation that is on, and what each door has confirmed of it; `reason` is a word for why not. */
export interface Emergency {
  kind: "evacuation" | "lockdown";
  since: string;
  asked_by: string | null;
  doors: {
    serial: string;
    door: number;
    terminal: string;
    name: string;
    confirmed: boolean;
    reason: string | null;
  }[];
}

export interface Terminal {
  serial: string;
  device_id: string;
  name: string;
  model: string | null;
  online: boolean;
  is_here: boolean;
  last_seen: string | null;
  kept_in_step: boolean;
  differences: number;
  waiting: number;
  was_reset: boolean;
  entities: TerminalEntities;
  machine: Machine;
  latest: Latest | null;
  doors: Door[];
}

/** Entities of a terminal by what they are of it; null for one that it has not got. */
export interface TerminalEntities {
  alarm: string | null;
  cancel_alarm: string | null;
  /** Its door's contact. */
  door: string | null;
  /** What holds its only door. */
  door_mode: string | null;
  tamper: string | null;
}

/** What a terminal tells of itself as a machine; null for what it does not. */
export interface Machine {
  firmware: string | null;
  /** Seconds. */
  clock_ahead: number | null;
  /** Records that it still wants to send. */
  unsent: number | null;
  /** What there is, how much, and for how much there is room. */
  used: [what: string, has: number, room: number | null][];
}

/** Who was let in last since Home Assistant runs, or may have been. */
export interface Latest {
  person: string;
  method: string;
  occurred_at: string;
}

/** What somebody says who waits for approval; nothing of it has been verified. */
export interface Pending {
  /** Stands for all of it: who is approved by it is who was shown. */
  mark: string;
  serial: string;
  model: string;
  address: string;
  cpu_serial: string | null;
  mac: string | null;
  people: number | null;
  /** How many it probably has. */
  doors: number;
  /** Whether it is asked if it is kept in step from the first. */
  may_be_kept: boolean;
}

export interface House {
  known: boolean;
  people: number;
  groups: number;
  vault: "off" | "open" | "key_gone";
  differences: number | null;
  waiting: number | null;
  emergencies: Emergency[];
}

export interface Overview {
  house: House;
  pending: readonly Pending[];
  terminals: ReadonlyMap<string, Terminal>;
}

export interface OverviewNews {
  house: House;
  pending: Pending[];
  terminals: Record<string, Terminal | null>;
}

/** The overview with what is new in it, terminals by name. */
export function withNews(before: Overview | undefined, news: OverviewNews): Overview {
  const terminals = new Map(before?.terminals);
  for (const [serial, terminal] of Object.entries(news.terminals)) {
    if (terminal === null) terminals.delete(serial);
    else terminals.set(serial, terminal);
  }
  const ordered = [...terminals].sort(([, a], [, b]) => a.name.localeCompare(b.name));
  return { house: news.house, pending: news.pending, terminals: new Map(ordered) };
}

/** What a door is called: of a terminal with one door, like the terminal. */
export function doorName(terminal: Terminal, door: Door): string {
  return door.name === null ? terminal.name : `${terminal.name}: ${door.name}`;
}

/** 00:01:a9:30:30:31, as Home Assistant writes it elsewhere; what is no such address stays as it was told. */
export function macInWords(mac: string): string {
  return /^[0-9a-f]{12}$/i.test(mac) ? (mac.match(/../g) ?? []).join(":") : mac;
}
