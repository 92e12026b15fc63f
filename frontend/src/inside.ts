/** Somebody who is inside, or on the list of a roll call; times are ISO 8601. */
export interface Present {
  enroll_id: number;
  name: string | null;
  person_entity_id: string | null;
  since: string;
  terminal: string;
  inside: boolean;
  safe: boolean;
  safe_at: string | null;
  safe_by: string | null;
}

/** Who is inside; `uncertain` are terminals of which it is not known who passed them. */
export interface RollCall {
  counted: boolean;
  counted_since: string;
  begun: string | null;
  inside: number;
  people: Present[];
  uncertain: string[];
}

/** People whose name has a text in it, or whose number it is; where only those who are missing are asked for, no others. */
export function found(people: readonly Present[], text: string, missing: boolean): readonly Present[] {
  const wanted = text.trim().toLocaleLowerCase();
  return people.filter(
    (it) =>
      (!missing || (!it.safe && it.inside)) &&
      (wanted === "" || (it.name ?? "").toLocaleLowerCase().includes(wanted) || String(it.enroll_id) === wanted),
  );
}

/** What is said to the server of one of them: enough to be nobody else. */
export function named(it: Present): Record<string, string | number> {
  return { enroll_id: it.enroll_id, name: it.name ?? "", terminal: it.terminal };
}
