import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Home } from "../home";
import { Refusal } from "../server";
import type { EntityState } from "../states";
import { shared } from "../style";
import { Work } from "../work";

const MODES = ["normal", "held_open", "held_closed"] as const;
type Mode = (typeof MODES)[number];

/** What holds the only door of a terminal. What opens asks once; what closes is done at once. */
@customElement("timmy-door-mode")
export class TimmyDoorMode extends LitElement {
  static override styles = [shared];

  @property({ attribute: false }) home!: Home;
  /** The select entity, and how it is. */
  @property() entity = "";
  @property({ attribute: false }) mode: EntityState | undefined;
  @property() door = "";
  @property({ type: Boolean }) away = false;
  @state() private asked: Mode | undefined;
  private readonly work = new Work(this, () => this.home.server);

  override render() {
    const { home, mode, work } = this;
    const say = (key: string, values = {}) => home.texts.say(`doors.${key}`, values);
    const present = MODES.find((it) => it === mode?.state);
    return html`<label
        >${say("mode")}<select
          aria-label="${say("mode")}: ${this.door}"
          ?disabled=${work.busy || !this.can}
          title=${home.connected ? nothing : home.texts.say("panel.connection_lost")}
          @change=${this.choose}
        >
          ${
            present === undefined
              ? html`<option value="" selected disabled>${home.texts.say("word.unknown")}</option>`
              : nothing
          }
          ${MODES.map((it) => html`<option value=${it} ?selected=${it === present}>${say(`mode_${it}`)}</option>`)}
        </select></label
      >
      ${work.refusal && !this.asked ? html`<p class="error" role="alert">${work.refusal.message}</p>` : nothing}
      ${this.asked ? this.dialog(this.asked) : nothing}`;
  }

  private dialog(asked: Mode): TemplateResult {
    const { home, work } = this;
    const say = (key: string, values = {}) => home.texts.say(key, values);
    return html`<timmy-dialog heading=${say(`doors.${asked}_ask`, { door: this.door })} light @closed=${this.close}>
      <p>${say(`doors.${asked}_hint`)}</p>
      ${work.refusal ? html`<p class="error" role="alert">${work.refusal.message}</p>` : nothing}
      ${home.connected ? nothing : html`<p class="error" role="alert">${say("panel.connection_lost")}</p>`}
      <button slot="actions" ?disabled=${work.busy} @click=${this.close}>${say("action.cancel")}</button>
      <button slot="actions" class="primary" ?disabled=${work.busy || !this.can} @click=${() => void this.hold(asked)}>
        ${say(`doors.mode_${asked}`)}
      </button>
    </timmy-dialog>`;
  }

  private get can(): boolean {
    return this.home.connected && !this.away && this.mode !== undefined && this.mode.state !== "unavailable";
  }

  private readonly choose = (event: Event): void => {
    const select = event.target as HTMLSelectElement;
    const chosen = MODES.find((it) => it === select.value);
    // What is shown is what is, until it is another.
    select.value = MODES.find((it) => it === this.mode?.state) ?? "";
    if (chosen === undefined) return;
    this.work.forget();
    if (chosen === "held_open") this.asked = chosen;
    else void this.hold(chosen);
  };

  /** Ask Home Assistant once; what came of it is told, and nothing is tried again. */
  private async hold(option: Mode): Promise<void> {
    const { home, entity, door } = this;
    if (!this.can) return;
    const held = await this.work.run(async () => {
      try {
        await home.hass.callService("select", "select_option", { option }, { entity_id: entity }, false);
      } catch (err) {
        const refusal = home.server.refusal(err);
        if (refusal.code !== "connection") throw refusal;
        // It may have been heard.
        throw new Refusal(home.texts.say("doors.mode_not_sure"), refusal.code, undefined, undefined);
      }
    });
    if (!held) return;
    this.asked = undefined;
    home.tell(`${door}: ${home.texts.say(`doors.mode_${option}`)}`);
  }

  private readonly close = (): void => {
    if (!this.work.busy) this.asked = undefined;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-door-mode": TimmyDoorMode;
  }
}
