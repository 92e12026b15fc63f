// What terminals take and whom they record (`panel/enrolment.py`), and what of it is told in words.

import { parts } from "./credentials";
import type { Home } from "./home";
import type { Terminal } from "./overview";
import type { Person } from "./people";

export type Ability = "yes" | "no" | "full" | "unknown";
export type Step = "preparing" | "asked" | "saving" | "done" | "cancelled" | "failed";

export interface Recording {
  recording_id: string;
  person_id: string;
  credential: string;
  step: Step;
  key: string | null;
  placeholders: Record<string, string>;
}

export interface Enrolment {
  takes: Record<string, Record<string, Ability>>;
  recordings: Record<string, Recording>;
}

/** What somebody can be recorded by, in the order in which it is offered. */
export const KINDS = ["fingerprint", "face", "palm", "card", "password", "photo"] as const;
export type Kind = (typeof KINDS)[number];

/** People have ten fingers, and terminals a place for each. */
export const FINGERS = 10;

export function isKind(text: string | undefined): text is Kind {
  return (KINDS as readonly (string | undefined)[]).includes(text);
}

/** Whether something is being done at the terminal. */
export function isUnderWay(recording: Recording | undefined): boolean {
  return recording !== undefined && ["preparing", "asked", "saving"].includes(recording.step);
}

/** Which fingers of somebody are recorded. */
export function fingersOf(person: Person): ReadonlySet<number> {
  return new Set(
    person.credentials.flatMap(({ kind }) => {
      const [word, index] = parts(kind);
      return word === "fingerprint" ? [index ?? 0] : [];
    }),
  );
}

/** The first finger that is not recorded yet; the first of all where all are. */
export function nextFinger(person: Person): number {
  const fingers = fingersOf(person);
  return Array.from({ length: FINGERS }, (_, index) => index).find((it) => !fingers.has(it)) ?? 0;
}

/** Why somebody cannot be recorded at a terminal, in words; undefined where they can. */
export function whyNotAt(home: Home, person: Person, terminal: Terminal): string | undefined {
  const { name } = person;
  if (!terminal.kept_in_step) return home.texts.say("people.observed");
  if (!(terminal.serial in person.placements)) return home.texts.say("enrol.no_door", { name });
  return terminal.online ? undefined : home.texts.say("enrol.away");
}

/** Why a terminal does not take a kind, in words; undefined where it does, or has not said. */
export function whyNotKind(home: Home, ability: Ability | undefined): string | undefined {
  if (ability === "no") return home.texts.say("enrol.not_taken");
  return ability === "full" ? home.texts.say("enrol.full") : undefined;
}
