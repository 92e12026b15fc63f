import type { HomeAssistant } from "./home_assistant";

const NUMBERS: Record<string, string> = {
  comma_decimal: "en-US",
  decimal_comma: "de",
  quote_decimal: "de-CH",
  space_comma: "fr",
};

/** Times and numbers as the user has set them in their profile. Times are ISO 8601 with an offset, as the server tells. */
export class Format {
  private readonly zone: string | undefined;
  private readonly locale: string;
  private readonly hour12: boolean | undefined;
  private readonly numbers: Intl.NumberFormat;

  constructor(hass: Pick<HomeAssistant, "locale" | "config" | "language">) {
    const { locale, config } = hass;
    this.locale = locale.language || hass.language;
    this.zone = locale.time_zone === "server" ? config.time_zone : undefined;
    this.hour12 = { "12": true, "24": false }[locale.time_format as string];
    this.numbers = new Intl.NumberFormat(NUMBERS[locale.number_format] ?? this.locale, {
      maximumFractionDigits: 2,
      useGrouping: locale.number_format !== "none",
    });
  }

  /** 1234.5 */
  number(value: number): string {
    return this.numbers.format(value);
  }

  /** 26 Nov 2026 */
  day(moment: string | Date): string {
    return this.format(moment, { day: "numeric", month: "short", year: "numeric" });
  }

  /** Thu 26 Nov 2026 */
  date(moment: string | Date): string {
    return this.format(moment, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
  }

  /** 14:05 */
  time(moment: string | Date): string {
    return this.format(moment, { hour: "2-digit", minute: "2-digit" });
  }

  /** 14:05:33 */
  second(moment: string | Date): string {
    return this.format(moment, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  }

  /** 26 Nov 2026, 14:05 */
  moment(moment: string | Date): string {
    return this.format(moment, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  }

  /** The day of a moment where the user is, as `2026-11-26`. */
  isoDay(moment: string | Date): string {
    return new Date(moment).toLocaleDateString("en-CA", this.zone === undefined ? {} : { timeZone: this.zone });
  }

  private format(moment: string | Date, how: Intl.DateTimeFormatOptions): string {
    return new Date(moment).toLocaleString(this.locale, {
      ...how,
      ...(this.zone === undefined ? {} : { timeZone: this.zone }),
      ...(this.hour12 === undefined ? {} : { hour12: this.hour12 }),
    });
  }
}
