import type { Home } from "./home";
import { clock } from "./people";
import type { Pass } from "./passes";
import { WEEKDAYS, minutesOf } from "./week";

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
// A Monday, for the names of the days.
const MONDAY = Date.UTC(2024, 0, 1);

/** From when until when a pass opens. */
export function validity(home: Home, { valid_from, valid_until }: Pass): string {
  const moment = (it: string | null) => (it === null ? "" : home.format.moment(it));
  const values = { from: moment(valid_from), until: moment(valid_until) };
  if (valid_from !== null && valid_until !== null) return home.texts.say("guests.valid_between", values);
  if (valid_from !== null) return home.texts.say("guests.valid_from", values);
  return home.texts.say(valid_until === null ? "guests.valid_always" : "guests.valid_until", values);
}

/** What else holds for a pass: hours, calendar, PIN, and how often it was used. */
export function rules(home: Home, pass: Pass): string[] {
  const { format, texts, hass } = home;
  const rules: string[] = [];
  if (pass.weekdays !== null) {
    const names = new Intl.DateTimeFormat(hass.locale.language, { weekday: "short", timeZone: "UTC" });
    const days = pass.weekdays.map((it) => names.format(MONDAY + WEEKDAYS.indexOf(it) * DAY_MILLISECONDS));
    const allDay = pass.start_time === pass.end_time;
    const hours = [pass.start_time, pass.end_time].map((it) => (it === null ? "" : clock(home, minutesOf(it))));
    rules.push(days.join(", ") + (allDay ? "" : ` ${hours.join("–")}`));
  }
  if (pass.calendar !== null) {
    const calendar = String(hass.states[pass.calendar]?.attributes["friendly_name"] ?? pass.calendar);
    const key = pass.tag === null ? "guests.calendar" : "guests.calendar_tag";
    rules.push(texts.say(key, { calendar, tag: pass.tag ?? "" }));
  }
  if (pass.with_pin) rules.push(texts.say("guests.with_pin"));
  rules.push(
    pass.max_uses === null
      ? texts.count("guests.used", pass.uses)
      : texts.say("guests.used_of", { uses: format.number(pass.uses), max: format.number(pass.max_uses) }),
  );
  return rules;
}
