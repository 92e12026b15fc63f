// Where somebody is in the panel: everything that matters is in the address, so that back and reload work.

export const ROOT = "/timmy-access";

/** A page, what it is about, and how it is filtered: `/timmy-access/people/01J...?text=ada`. */
export interface Place {
  view: string;
  rest: readonly string[];
  query: Readonly<Record<string, string>>;
}

/** Read an address below the panel's own, such as `/people/01J...`, and what stands behind its question mark. */
export function placeOf(path: string, search: string): Place {
  const [view = "", ...rest] = path.split("/").filter(Boolean).map(decodeURIComponent);
  return { view, rest, query: Object.fromEntries(new URLSearchParams(search)) };
}

let listener = "";

/** Have every address name the listener that is looked at; empty where there is only one, which need not be named. */
export function stayWith(chosen: string): void {
  listener = chosen;
}

/** The address of a place; what is empty in the query is left out. */
export function addressOf(view: string, rest: readonly string[] = [], query: Record<string, string> = {}): string {
  const path = [ROOT, view, ...rest.map(encodeURIComponent)].filter(Boolean).join("/");
  const asked = Object.entries({ listener, ...query }).filter(([, value]) => value !== "");
  const search = new URLSearchParams(asked).toString();
  return search ? `${path}?${search}` : path;
}
