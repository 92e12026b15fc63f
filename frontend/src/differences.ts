// Where terminals and the house say different things (`panel/differences.py`), and what both say in words.

import { credentialName } from "./credentials";
import type { Home } from "./home";
import { doorName } from "./overview";
import { inWords, weekInWords } from "./people";
import { WEEKDAYS, minutesOf } from "./week";

export type DifferenceKind = "changed" | "deleted_here" | "somebody_else" | "unknown_here" | "was_reset";

/** Hours of each weekday by door; null where nobody knows them. */
export type HoursByDoor = Record<string, Record<string, { from: string; to: string }[]> | null>;

export interface Difference {
  mark: string;
  serial: string;
  /** None where the terminal as a whole is meant. */
  enroll_id: number | null;
  kind: DifferenceKind;
  house: string | null;
  house_role: string | null;
  house_enabled: boolean | null;
  house_credentials: string[];
  house_valid_from: string | null;
  house_valid_until: string | null;
  house_hours: HoursByDoor | null;
  there: string | null;
  there_role: string | null;
  there_enabled: boolean | null;
  there_credentials: string[];
  there_valid_from: string | null;
  there_valid_until: string | null;
  there_hours: HoursByDoor | null;
  aspects: string[];
  left: boolean;
  since: string | null;
}

export interface DifferencesNews {
  differences: Record<string, Difference | null>;
  begins: boolean;
  more: boolean;
}

export interface Differences {
  byMark: ReadonlyMap<string, Difference>;
  /** Whether all have been told of. */
  whole: boolean;
}

export type Choice = "take_over" | "put_back" | "leave";

/** The differences with what is new of them. */
export function differencesWith(before: Differences | undefined, news: DifferencesNews): Differences {
  const byMark = new Map(news.begins ? [] : before?.byMark);
  for (const [mark, difference] of Object.entries(news.differences)) {
    if (difference === null) byMark.delete(mark);
    else byMark.set(mark, difference);
  }
  return { byMark, whole: !news.more };
}

/** Those of a terminal or of all, undecided ones first, then by name; a terminal that was emptied comes before. */
export function listed(differences: Differences, serial: string): Difference[] {
  const order = new Intl.Collator();
  const rank = (it: Difference) => (it.left ? 2 : it.kind === "was_reset" ? 0 : 1);
  return [...differences.byMark.values()]
    .filter((it) => serial === "" || it.serial === serial)
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        order.compare(whoIs(a), whoIs(b)) ||
        (a.enroll_id ?? 0) - (b.enroll_id ?? 0) ||
        order.compare(a.serial, b.serial),
    );
}

/** Who it is about: as the house calls them, else as the terminal does, else by number. */
export function whoIs(difference: Difference): string {
  return difference.house ?? (difference.there || String(difference.enroll_id ?? ""));
}

/** Whether somebody comes into the house by taking it over, for which they need a group. */
export function needsGroup(difference: Difference): boolean {
  return difference.kind === "unknown_here" || (difference.kind === "somebody_else" && difference.house === null);
}

/** Whether it can be taken over: hours come from groups, which others have too. */
export function mayBeKept(difference: Difference): boolean {
  return !difference.aspects.includes("hours");
}

/** What the house says. */
export function houseSays({ texts }: Home, difference: Difference): string[] {
  const { house } = difference;
  const say = (key: string) => texts.say(`differences.${key}`);
  if (difference.kind === "deleted_here") return [house ?? "", say("belongs")];
  if (difference.kind === "somebody_else") return [house ?? say("to_be_gone")];
  if (difference.kind === "unknown_here") return house === null ? [say("nobody")] : [house, say("may_not")];
  return [];
}

/** What the terminal says. */
export function terminalSays(home: Home, difference: Difference): string[] {
  if (difference.kind === "deleted_here") return [home.texts.say("differences.not_there")];
  const credentials = difference.there_credentials.map((it) => credentialName(home, it));
  return [difference.there || home.texts.say("word.unknown"), inWords(home, credentials)].filter(Boolean);
}

/** What somebody has changed, as `[what it is, what the house says, what the terminal says]`. */
export function changes(home: Home, difference: Difference): [string, string, string][] {
  const { texts } = home;
  const unknown = texts.say("word.unknown");
  const role = (word: string | null) => (word === null ? unknown : texts.say(`person.role_${word}`));
  const enabled = (is: boolean | null) =>
    is === null ? unknown : texts.say(is ? "differences.enabled" : "people.disabled");
  const held = (kinds: string[]) =>
    inWords(
      home,
      kinds.map((it) => credentialName(home, it)),
    ) || texts.say("word.none");
  const told: Record<string, [string, string, string]> = {
    name: [texts.say("person.name"), difference.house ?? unknown, difference.there || unknown],
    role: [texts.say("person.role"), role(difference.house_role), role(difference.there_role)],
    enabled: [texts.say("people.state"), enabled(difference.house_enabled), enabled(difference.there_enabled)],
    credentials: [
      texts.say("person.credentials"),
      held(difference.house_credentials),
      held(difference.there_credentials),
    ],
    dates: [
      texts.say("differences.dates"),
      dates(home, difference.house_valid_from, difference.house_valid_until),
      dates(home, difference.there_valid_from, difference.there_valid_until),
    ],
    hours: [
      texts.say("groups.hours"),
      hours(home, difference.serial, difference.house_hours),
      hours(home, difference.serial, difference.there_hours),
    ],
  };
  return difference.aspects.flatMap((aspect) => (told[aspect] ? [told[aspect]] : []));
}

function dates({ texts, format }: Home, from: string | null, until: string | null): string {
  const moments = { from: from ? format.moment(from) : "", until: until ? format.moment(until) : "" };
  const which = from && until ? "between" : from ? "from" : until ? "until" : "always";
  return texts.say(`guests.valid_${which}`, moments);
}

function hours(home: Home, serial: string, byDoor: HoursByDoor | null): string {
  const terminal = home.overview.terminals.get(serial);
  const told = Object.entries(byDoor ?? {}).map(([number, week]) => {
    const door = terminal?.doors.find((it) => String(it.number) === number);
    const name = terminal && door ? doorName(terminal, door) : number;
    const said = weekInWords(
      home,
      week && WEEKDAYS.map((day) => (week[day] ?? []).map(({ from, to }) => [minutesOf(from), minutesOf(to)])),
    );
    return (terminal?.doors.length ?? 1) > 1 ? `${name}: ${said}` : said;
  });
  return told.length ? told.join("; ") : home.texts.say("word.unknown");
}

/** Differences by what they have in common. */
export function grouped<Key>(
  differences: readonly Difference[],
  by: (difference: Difference) => Key,
): ReadonlyMap<Key, Difference[]> {
  const groups = new Map<Key, Difference[]>();
  for (const difference of differences) {
    const key = by(difference);
    const group = groups.get(key);
    if (group) group.push(difference);
    else groups.set(key, [difference]);
  }
  return groups;
}
