// Times that are typed, where the user is: in the zone of the server or in that of the browser, as they have it set.

import type { HomeAssistant } from "./home_assistant";

type Where = Pick<HomeAssistant, "locale">;

/** A moment as an input of the kind `datetime-local` takes it; the server tells in its own zone. */
export function typeable(moment: string | null, { locale }: Where): string {
  if (moment === null) return "";
  if (locale.time_zone === "server") return moment.slice(0, 16);
  const date = new Date(moment);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** What was typed as the server takes it: without a zone it means its own; null for nothing. */
export function typed(value: string, { locale }: Where): string | null {
  if (value === "") return null;
  return locale.time_zone === "server" ? value : new Date(value).toISOString();
}
