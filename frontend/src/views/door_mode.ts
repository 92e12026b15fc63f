import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";

import { fromEntered } from "../entered_time";
import type { Home } from "../home";
import type { Terminal } from "../overview";
import { Refusal } from "../server";
import type { EntityState } from "../states";
import { shared } from "../style";
import { Work } from "../work";

const MODES = ["normal", "held_open", "held_closed"] as const;
type Mode = (typeof MODES)[number];
// Minutes for which a door is held, by their texts.
const LENGTHS: Readonly<Record<string, number>> = { hold_15_min: 15, hold_1_h: 60, hold_4_h: 240 };

/**
 * What holds the only door of a terminal, and until when. What opens asks once, and for how long; what closes is done
 * at once, and may be given an end afterwards.
 */
@customElement("timmy-door-mode")
export class TimmyDoorMode extends LitElement {
  static override styles = [
    shared,
    css`
      .held {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 12px;
        margin: 0 0 8px;
      }
      .held span {
        flex: 1 1 140px;
        min-width: 0;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  /** The select entity, and how it is. */
  @property() entity = "";
  @property({ attribute: false }) mode: EntityState | undefined;
  @property({ attribute: false }) terminal!: Terminal;
  /** Whether the door opens only with its code. */
  @property({ type: Boolean }) asksCode = false;
  @state() private asked: Mode | undefined;
  @state() private length = "";
  private readonly work = new Work(this, () => this.home.server);

  override render() {
    const { home, mode, work } = this;
    const say = (key: string, values = {}) => home.texts.say(`doors.${key}`, values);
    const present = MODES.find((it) => it === mode?.state);
    return html`<label
        >${say("mode")}<select
          aria-label="${say("mode")}: ${this.terminal.name}"
          ?disabled=${work.busy || !this.can}
          title=${home.lost ?? nothing}
          @change=${this.choose}
        >
          ${
            present === undefined
              ? html`<option value="" .selected=${true} disabled>${home.texts.say("word.unknown")}</option>`
              : nothing
          }
          ${MODES.map((it) => html`<option value=${it} .selected=${live(it === present)}>${say(`mode_${it}`)}</option>`)}
        </select></label
      >
      ${this.held(present)}
      ${work.refusal && !this.asked ? html`<p class="error" role="alert">${work.refusal.message}</p>` : nothing}
      ${this.asked ? this.dialog(this.asked) : nothing}`;
  }

  /** Until when the door is held, who asked for it, and a way to say until when. */
  private held(present: Mode | undefined): TemplateResult | typeof nothing {
    const { texts, format } = this.home;
    const [door] = this.terminal.doors;
    if (present === undefined || present === "normal" || door === undefined || door.emergency !== null) return nothing;
    const { held_until, held_by } = door;
    const time = held_until === null ? "" : format.moment(held_until);
    const said =
      held_until === null
        ? texts.say("doors.held_without_end")
        : held_by === null
          ? texts.say("doors.held_until", { time })
          : texts.say("doors.held_until_by", { time, user: held_by });
    return html`<div class="held">
      <span>${said}</span>
      <button class="plain" ?disabled=${this.work.busy || !this.can} @click=${() => this.ask(present)}>
        ${texts.say("doors.hold_length")}<span class="hidden">: ${this.terminal.name}</span>
      </button>
    </div>`;
  }

  private dialog(asked: Mode): TemplateResult {
    const { home, work } = this;
    const say = (key: string, values = {}) => home.texts.say(key, values);
    const isHeld = this.mode?.state === asked;
    const code = this.asksCode && asked === "held_open" && this.length !== "";
    return html`<timmy-dialog
      heading=${say(`doors.${asked}_ask`, { door: this.terminal.name })}
      light
      @closed=${this.close}
    >
      <form id="hold" @submit=${this.submit}>
        <p>${say(`doors.${asked}_hint`)}</p>
        <label
          >${say("doors.hold_length")}
          <select name="length" @change=${this.chooseLength}>
            ${isHeld ? nothing : html`<option value="" ?selected=${this.length === ""}>${say("doors.hold_no_end")}</option>`}
            ${[...Object.keys(LENGTHS), "hold_until"].map(
              (it) => html`<option value=${it} ?selected=${it === this.length}>${say(`doors.${it}`)}</option>`,
            )}
          </select></label
        >
        ${
          this.length === "hold_until"
            ? html`<label>${say("doors.hold_until_time")}<input name="until" type="datetime-local" required /></label>`
            : nothing
        }
        ${
          code
            ? html`<label
                >${say("doors.code")}
                <input name="code" type="password" inputmode="numeric" autocomplete="off" maxlength="10"
              /></label>`
            : nothing
        }
        ${work.refusal ? html`<p class="error" role="alert">${work.refusal.message}</p>` : nothing}
        ${home.lost === undefined ? nothing : html`<p class="error" role="alert">${home.lost}</p>`}
      </form>
      <button slot="actions" ?disabled=${work.busy} @click=${this.close}>${say("action.cancel")}</button>
      <button slot="actions" class="primary" form="hold" ?disabled=${work.busy || !this.can}>
        ${say(`doors.mode_${asked}`)}
      </button>
    </timmy-dialog>`;
  }

  private get can(): boolean {
    return (
      this.home.lost === undefined &&
      this.terminal.online &&
      this.mode !== undefined &&
      this.mode.state !== "unavailable"
    );
  }

  private readonly choose = (event: Event): void => {
    const select = event.target as HTMLSelectElement;
    const chosen = MODES.find((it) => it === select.value);
    // What is shown is what is, until it is another.
    select.value = MODES.find((it) => it === this.mode?.state) ?? "";
    if (chosen === undefined) return;
    if (chosen === "held_open") this.ask(chosen);
    else void this.hold(chosen);
  };

  private ask(mode: Mode): void {
    this.work.forget();
    this.length = this.mode?.state === mode ? "hold_1_h" : "";
    this.asked = mode;
  }

  private readonly chooseLength = (event: Event): void => {
    this.length = (event.target as HTMLSelectElement).value;
  };

  private readonly submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (this.asked === undefined) return;
    const entered = new FormData(event.target as HTMLFormElement);
    const text = (name: string) => String(entered.get(name) ?? "");
    if (this.length === "") return void this.hold(this.asked);
    const minutes = LENGTHS[this.length];
    const end =
      minutes === undefined ? { until: fromEntered(this.home.hass, text("until")) } : { duration: { minutes } };
    const code = text("code");
    void this.hold(this.asked, { ...end, ...(code === "" ? {} : { code }) });
  };

  /** Ask Home Assistant once, with an end or without; what came of it is told, and nothing is tried again. */
  private async hold(mode: Mode, timer?: object): Promise<void> {
    const { home, entity, terminal } = this;
    if (!this.can) return;
    this.work.forget();
    const held = await this.work.run(async () => {
      try {
        if (timer) await home.server.perform("hold_door", { device_id: terminal.device_id, mode, ...timer });
        else await home.hass.callService("select", "select_option", { option: mode }, { entity_id: entity }, false);
      } catch (err) {
        const refusal = home.server.refusal(err);
        if (refusal.code !== "connection") throw refusal;
        // It may have been heard.
        throw new Refusal(home.texts.say("doors.mode_not_sure"), refusal.code, undefined, undefined);
      }
    });
    if (!held) return;
    this.asked = undefined;
    home.tell(`${terminal.name}: ${home.texts.say(`doors.mode_${mode}`)}`);
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
