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

/** A listener as the server tells of it, with the serial numbers of its terminals. */
export interface Listener {
  config_entry_id: string;
  title: string;
  state: string;
  terminals: readonly string[];
}

/**
 * The listener that an address is about: the one that it names, or whose terminal it names, as the addresses of devices
 * do, else the present one; at first the first that runs.
 */
export function listenerOf(place: Place, listeners: readonly Listener[], present?: string): Listener | undefined {
  const { listener, terminal } = place.query;
  const serial = place.view === "terminals" ? place.rest[0] : terminal;
  return (
    listeners.find((it) => it.config_entry_id === listener) ??
    listeners.find((it) => serial !== undefined && it.terminals.includes(serial)) ??
    listeners.find((it) => it.config_entry_id === present) ??
    listeners.find((it) => it.state === "loaded") ??
    listeners[0]
  );
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
