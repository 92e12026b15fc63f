import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Home } from "../home";
import { observedStays, whyNoKeys } from "../people";
import { shared } from "../style";
import { Work } from "../work";

/** A card or a PIN for somebody, or a card that they have lost. */
export type Key = "card" | "password" | "lost";

/** Gives somebody a card or a PIN, or takes a lost card away before it gives another. Fires `closed`. */
@customElement("timmy-key-dialog")
export class TimmyKeyDialog extends LitElement {
  static override styles = [shared];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) personId = "";
  @property({ attribute: false }) name = "";
  @property({ attribute: false }) key: Key = "card";
  /** The lost card is taken away; what is left is to give another. */
  @state() private taken = false;
  private readonly work = new Work(this, () => this.home.server);

  override render() {
    const { home, key, name, work } = this;
    const say = (what: string, values = {}) => home.texts.say(what, values);
    const heading = { card: "person.give_card", password: "person.set_pin", lost: "person.lost" }[key];
    const isPin = key === "password";
    const label = isPin ? "person.pin" : key === "lost" ? "person.new_card" : "person.card";
    const isOptional = key === "lost" && !this.taken;
    return html`<timmy-dialog heading=${say(heading)} @closed=${() => this.close()}>
      ${
        key === "lost"
          ? html`<p>${say(this.taken ? "person.lost_done" : "person.lost_text", { name })}</p>
              ${this.observed()}`
          : nothing
      }
      <form id="form" @submit=${this.save}>
        ${
          whyNoKeys(home) === undefined
            ? html`<label
                >${say(label)}<input
                  name="value"
                  inputmode="numeric"
                  pattern="[0-9]*"
                  autocomplete="off"
                  ?required=${!isOptional}
                />
                <span class="hint">${say(isPin ? "person.pin_hint" : "person.card_hint")}</span></label
              >`
            : nothing
        }
        ${work.refusal ? html`<p class="error" role="alert">${work.refusal.message}</p>` : nothing}
      </form>
      ${home.lost === undefined ? nothing : html`<p class="error" slot="actions">${home.lost}</p>`}
      <button slot="actions" @click=${() => this.close()}>${say(this.taken ? "action.close" : "action.cancel")}</button>
      <button
        slot="actions"
        class=${isOptional ? "primary danger" : "primary"}
        type="submit"
        form="form"
        ?disabled=${work.busy || home.lost !== undefined}
      >
        ${say(isOptional ? "person.lost_take" : "action.save")}
      </button>
    </timmy-dialog>`;
  }

  private observed(): TemplateResult | typeof nothing {
    const stays = observedStays(this.home);
    return stays === undefined ? nothing : html`<p><strong>${stays}</strong></p>`;
  }

  private readonly save = (event: SubmitEvent): void => {
    event.preventDefault();
    const { home, key, name, personId } = this;
    if (home.lost !== undefined) return;
    const value = String(new FormData(event.target as HTMLFormElement).get("value") ?? "").trim();
    const perform = (data: object) => home.server.perform("update_person", { person_id: personId, ...data });
    void this.work.run(async () => {
      // What closes is done first, and stays done where the new card is refused.
      if (key === "lost" && !this.taken) {
        await perform({ card: null });
        this.taken = true;
      }
      if (value) await perform(key === "password" ? { password: value } : { card: value });
      home.tell(home.texts.say(key === "lost" && !value ? "person.lost_done" : "person.saved", { name }));
      this.close();
    });
  };

  private close(): void {
    this.dispatchEvent(new CustomEvent("closed"));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-key-dialog": TimmyKeyDialog;
  }
}
