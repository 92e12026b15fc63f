import { html, nothing, type TemplateResult } from "lit";

import type { Home } from "./home";

/** Which of some values are others than before. */
export function changedKeys<Value extends object, Key extends keyof Value>(
  before: Value,
  now: Value,
  keys: readonly Key[],
): Key[] {
  return keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(now[key]));
}

/** What somebody else has made of what is edited here, as `[what it is, what they have made of it]`. */
export function meanwhile(
  { texts }: Home,
  told: readonly (readonly [string, string])[],
  again: () => void,
): TemplateResult | typeof nothing {
  if (told.length === 0) return nothing;
  return html`<div class="error" role="alert">
    <p>${texts.say("panel.changed_meanwhile")}</p>
    <ul>
      ${told.map(([what, now]) => html`<li>${what}: ${now || "–"}</li>`)}
    </ul>
    <button type="button" @click=${again}>${texts.say("action.take_theirs")}</button>
  </div>`;
}
