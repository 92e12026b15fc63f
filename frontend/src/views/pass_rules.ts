import { html, nothing, type TemplateResult } from "lit";

import type { Home } from "../home";

/** What few passes need, folded away: a PIN too, and the events of a calendar in which it opens. */
export const RARE = ["with_pin", "calendar", "tag"] as const;

/** The fields of what few passes need; `refused` tells beside each why it was. */
export function rareFields(home: Home, refused: (field: string) => TemplateResult | typeof nothing): TemplateResult {
  const { hass, texts } = home;
  const calendars = Object.values(hass.states).filter((it) => it.entity_id.startsWith("calendar."));
  return html`<details>
    <summary>${texts.say("action.more")}</summary>
    <label class="check"><input type="checkbox" name="with_pin" />${texts.say("guests.with_pin")}</label>
    ${refused("with_pin")}
    ${
      calendars.length === 0
        ? nothing
        : html`<label
              >${texts.say("guests.calendar_field")}
              <select name="calendar">
                <option value="">${texts.say("word.none")}</option>
                ${calendars.map(
                  (it) =>
                    html`<option value=${it.entity_id}>
                      ${String(it.attributes["friendly_name"] ?? it.entity_id)}
                    </option>`,
                )}
              </select>
              ${refused("calendar")}
            </label>
            <label
              >${texts.say("guests.tag_field")}
              <input name="tag" maxlength="100" autocomplete="off" />
              <span class="hint">${texts.say("guests.tag_hint")}</span>${refused("tag")}
            </label>`
    }
  </details>`;
}

/** What was entered of it, as the server takes it; what is empty is left out. */
export function rareOf(form: FormData): Record<string, string | boolean> {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  return {
    ...(form.has("with_pin") ? { with_pin: true } : {}),
    ...(text("calendar") ? { calendar: text("calendar") } : {}),
    ...(text("tag") ? { tag: text("tag") } : {}),
  };
}
