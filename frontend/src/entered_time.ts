import type { HomeAssistant } from "./home_assistant";

/** What stands in `<input type="datetime-local">` for a moment, where the user is or where the house is, as they chose. */
export function toEntered(hass: Pick<HomeAssistant, "locale" | "config">, moment: string | Date): string {
  const zone = hass.locale.time_zone === "server" ? { timeZone: hass.config.time_zone } : {};
  const parts = new Intl.DateTimeFormat("en-US", {
    ...zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(new Date(moment));
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.find((it) => it.type === type)?.value ?? "";
  return `${of("year").padStart(4, "0")}-${of("month")}-${of("day")}T${of("hour")}:${of("minute")}`;
}

/** The moment that was entered, as the server takes it: one without an offset is local there. */
export function fromEntered(hass: Pick<HomeAssistant, "locale">, entered: string): string {
  return hass.locale.time_zone === "server" ? entered : new Date(entered).toISOString();
}
