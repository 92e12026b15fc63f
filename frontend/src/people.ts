// The people of the house and their groups (`panel/people.py`), and what of them is told in words.

import type { Home } from "./home";
import { doorName } from "./overview";
import { DAY_MINUTES } from "./week";

export type Standing = "in_step" | "waiting" | "writing" | "differs" | "refused" | "observed";
export type Validity = "valid" | "disabled" | "expired" | "not_yet";
export type Placed = readonly [Standing, string | null];

export interface Person {
  name: string;
  enroll_id: number;
  enabled: boolean;
  valid_from: string | null;
  valid_until: string | null;
  role: string | null;
  groups: string[];
  credentials: { kind: string; terminals: string[] }[];
  person_entity_id: string | null;
  note: string;
  placements: Record<string, Placed>;
}

export interface PeopleNews {
  people: Record<string, Person | null>;
  begins: boolean;
  more: boolean;
}

export interface People {
  byId: ReadonlyMap<string, Person>;
  /** Whether everybody has been told of. */
  whole: boolean;
}

export interface Rule {
  doors: Record<string, number[]>;
  always: boolean;
  schedule: string | null;
  /** Spans in minutes of each day, Monday first. */
  week: [number, number][][] | null;
}

export interface Group {
  group_id: string;
  name: string;
  people: number;
  rules: Rule[];
}

export interface GroupDoor {
  serial: string;
  number: number;
  device_id: string;
}

export interface Groups {
  groups: Group[];
  doors: GroupDoor[];
}

/** Shapes that tell how somebody stands on a terminal, worst first; colour only says it once more. */
export const STANDINGS: Readonly<Record<Standing, readonly [shape: string, tone: string]>> = {
  refused: ["✕", "bad"],
  differs: ["≠", "bad"],
  writing: ["↻", "warn"],
  waiting: ["◷", "warn"],
  in_step: ["✓", "good"],
  observed: ["○", "quiet"],
};

/** Shapes that tell whether somebody may pass at all. */
export const VALIDITIES: Readonly<Record<Validity, readonly [shape: string, tone: string]>> = {
  valid: ["✓", "good"],
  not_yet: ["◷", "warn"],
  expired: ["✕", "bad"],
  disabled: ["−", "bad"],
};

/** The people with what is new of them. */
export function peopleWith(before: People | undefined, news: PeopleNews): People {
  const byId = new Map(news.begins ? [] : before?.byId);
  for (const [personId, person] of Object.entries(news.people)) {
    if (person === null) byId.delete(personId);
    else byId.set(personId, person);
  }
  return { byId, whole: !news.more };
}

/** Whether somebody may pass at a moment. */
export function validityOf(person: Person, now: number): Validity {
  if (!person.enabled) return "disabled";
  if (person.valid_until !== null && Date.parse(person.valid_until) <= now) return "expired";
  if (person.valid_from !== null && Date.parse(person.valid_from) > now) return "not_yet";
  return "valid";
}

/** The terminals of somebody by how they stand there, worst first. */
export function standingsOf(person: Person): [Standing, string[]][] {
  const by = new Map<Standing, string[]>();
  for (const [serial, [standing]] of Object.entries(person.placements)) {
    by.set(standing, [...(by.get(standing) ?? []), serial]);
  }
  return (Object.keys(STANDINGS) as Standing[]).flatMap((it) => {
    const serials = by.get(it);
    return serials ? [[it, serials] as [Standing, string[]]] : [];
  });
}

/** Whether somebody has to be looked after: a terminal differs from the house, or does not take them. */
export function needsAttention(person: Person): boolean {
  return Object.values(person.placements).some(([standing]) => standing === "differs" || standing === "refused");
}

export interface Wanted {
  text: string;
  group: string;
  state: string;
}

/** Those who are looked for, by name; capitals and accents do not count. */
export function found(people: ReadonlyMap<string, Person>, wanted: Wanted, now: number): [string, Person][] {
  const text = plain(wanted.text.trim());
  const matches = [...people].filter(
    ([, person]) =>
      (text === "" || plain(person.name).includes(text) || String(person.enroll_id) === text) &&
      (wanted.group === "" || person.groups.includes(wanted.group)) &&
      (wanted.state === "" ||
        (wanted.state === "attention" ? needsAttention(person) : validityOf(person, now) === wanted.state)),
  );
  const order = new Intl.Collator();
  return matches.sort(([, a], [, b]) => order.compare(a.name, b.name) || a.enroll_id - b.enroll_id);
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The name of a terminal; its serial number where there is none. */
export function terminalName(home: Home, serial: string): string {
  return home.overview.terminals.get(serial)?.name ?? serial;
}

/** Why no card and no PIN can be given; undefined where they can. */
export function whyNoKeys(home: Home): string | undefined {
  if (home.overview.house.vault === "open") return undefined;
  return home.texts.error("house_vault_closed", { label: home.texts.say("person.credentials") });
}

/** On which terminals nothing of all this is written; undefined where there is none. */
export function observedStays(home: Home): string | undefined {
  const terminals = [...home.overview.terminals.values()].filter((it) => !it.kept_in_step).map((it) => it.name);
  return terminals.length
    ? home.texts.say("person.observed_stays", { terminals: inWords(home, terminals) })
    : undefined;
}

/** The doors of a rule, in words; all doors of a terminal are called like the terminal. */
export function doorsInWords(home: Home, rule: Rule): string {
  const names = Object.entries(rule.doors).flatMap(([serial, numbers]) => {
    const terminal = home.overview.terminals.get(serial);
    if (terminal?.doors.every((it) => numbers.includes(it.number))) return [terminal.name];
    return numbers.map((number) => {
      const door = terminal?.doors.find((it) => it.number === number);
      return terminal && door ? doorName(terminal, door) : `${terminal?.name ?? serial} ${number}`;
    });
  });
  return names.length ? inWords(home, names) : home.texts.say("groups.no_doors");
}

/** The hours of a rule, in words: "Mon–Fri 07:00–18:00". */
export function hoursInWords(home: Home, rule: Rule): string {
  return rule.always ? home.texts.say("word.always") : weekInWords(home, rule.week);
}

/** The hours of a week of minutes, Monday first, in words. */
export function weekInWords(home: Home, week: readonly (readonly (readonly number[])[])[] | null): string {
  if (week === null) return home.texts.say("groups.hours_unknown");
  if (week.every((day) => day.length === 1 && day[0]?.[0] === 0 && day[0][1] === DAY_MINUTES)) {
    return home.texts.say("word.always");
  }
  const spans = week.map((day) => day.map(([begin = 0, end = 0]) => spanInWords(home, begin, end)));
  const told = spans.map((day) => inWords(home, day));
  const parts: string[] = [];
  for (let first = 0; first < told.length;) {
    let last = first;
    while (last + 1 < told.length && told[last + 1] === told[first]) last += 1;
    if (told[first]) {
      const days = first === last ? weekday(home, first) : `${weekday(home, first)}–${weekday(home, last)}`;
      parts.push(`${days} ${told[first]}`);
    }
    first = last + 1;
  }
  return parts.length ? parts.join("; ") : home.texts.say("groups.never");
}

/** Several things as one says them: "a, b and c". */
export function inWords(home: Home, names: readonly string[]): string {
  return new Intl.ListFormat(home.texts.language).format(names);
}

function spanInWords(home: Home, begin: number, end: number): string {
  if (begin === 0 && end === DAY_MINUTES) return home.texts.say("groups.all_day");
  return `${clock(home, begin)}–${clock(home, end)}`;
}

function weekday(home: Home, day: number): string {
  // 1 January 2024 was a Monday.
  return new Date(Date.UTC(2024, 0, 1 + day)).toLocaleDateString(home.texts.language, {
    weekday: "short",
    timeZone: "UTC",
  });
}

/** A time of day, by its minutes, as the user has times. */
export function clock(home: Home, minutes: number): string {
  const hour12 = { "12": true, "24": false }[home.hass.locale.time_format as string];
  return new Date(Date.UTC(2024, 0, 1, 0, minutes)).toLocaleTimeString(home.texts.language, {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: "UTC",
    ...(hour12 === undefined ? {} : { hour12 }),
  });
}
