import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { fromEntered } from "../entered_time";
import type { Home } from "../home";
import { dayInWords, type Punch, type SheetDay } from "../hours";
import { shared } from "../style";
import { Work } from "../work";

/** Puts one day of somebody right: adds a punch, leaves one out, or takes a correction back. Fires `closed`. */
@customElement("timmy-correction-dialog")
export class TimmyCorrectionDialog extends LitElement {
  static override styles = [
    shared,
    css`
      .pair {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(140px, 100%), 1fr));
        gap: 0 12px;
      }
      legend {
        padding: 0 4px;
      }
      label.check {
        align-items: flex-start;
        margin: 4px 0;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) day!: SheetDay;
  @property({ attribute: false }) enrollId = 0;
  /** What is to be done: a punch is added, or the one of that index is left out or taken back. */
  @state() private chosen: number | undefined;
  private readonly work = new Work(this, () => this.home.server);

  override render() {
    const { home, day, work } = this;
    const why = home.lost ?? work.refusal?.message;
    const off =
      work.busy || home.lost !== undefined || (this.chosen === undefined && home.overview.terminals.size === 0);
    return html`<timmy-dialog
      heading="${this.say("hours.correct")}: ${dayInWords(home, day.day)}"
      @closed=${() => this.close(false)}
    >
      <form id="form" @submit=${this.save}>
        <fieldset>
          <legend>${this.say("hours.punches", { day: dayInWords(home, day.day) })}</legend>
          ${this.choice(undefined, html`${this.say("hours.add")}`)}
          ${day.punches.map((punch, index) => this.punch(punch, index))}
        </fieldset>
        ${this.fields()} ${why === undefined ? nothing : html`<p class="error" role="alert">${why}</p>`}
      </form>
      <button slot="actions" type="button" @click=${() => this.close(false)}>${this.say("action.cancel")}</button>
      <button slot="actions" class="primary" type="submit" form="form" ?disabled=${off}>
        ${this.say("action.save")}
      </button>
    </timmy-dialog>`;
  }

  private say(key: string, values: Record<string, string | number> = {}): string {
    return this.home.texts.say(key, values);
  }

  private choice(index: number | undefined, text: TemplateResult): TemplateResult {
    return html`<label class="check"
      ><input type="radio" name="what" .checked=${this.chosen === index} @change=${() => (this.chosen = index)} /><span
        >${text}</span
      ></label
    >`;
  }

  private punch(punch: Punch, index: number): TemplateResult {
    const { format } = this.home;
    const { correction } = punch;
    const way = punch.way === null ? "" : ` (${this.say(`hours.way_${punch.way}`)})`;
    const where = html`${format.time(punch.at)}${way}, ${punch.terminal}`;
    if (correction === null && !punch.counts) {
      // What comes twice needs no putting right.
      return html`<p class="quiet">${where}: ${this.say("hours.twice")}</p>`;
    }
    if (correction === null) return this.choice(index, html`${where}: ${this.say("hours.leave_out")}`);
    const made = this.say("hours.made", {
      reason: correction.reason,
      name: correction.by ?? this.say("hours.automation"),
      time: format.moment(correction.made_at),
    });
    return this.choice(
      index,
      html`${where}: ${this.say("hours.take_back")}
        <span class="hint">${this.say(punch.record_id === null ? "hours.added" : "hours.left_out")}: ${made}</span>`,
    );
  }

  private fields(): TemplateResult {
    const punch = this.chosen === undefined ? undefined : this.day.punches[this.chosen];
    if (punch?.correction) return html`<p>${this.say("hours.take_back_text")}</p>`;
    return html`${
        punch
          ? html`<p>${this.say("hours.leave_out_text", { time: this.home.format.time(punch.at) })}</p>`
          : this.added()
      } <label>${this.say("hours.reason")}<input name="reason" required maxlength="255" autocomplete="off" /></label>`;
  }

  private added(): TemplateResult {
    const terminals = [...this.home.overview.terminals.values()];
    if (terminals.length === 0) return html`<p class="error">${this.say("hours.no_terminal")}</p>`;
    return html`<div class="pair">
        <label>${this.say("hours.day")}<input type="date" name="day" required .value=${this.day.day} /></label>
        <label>${this.say("hours.at")}<input type="time" name="time" required /></label>
        <label
          >${this.say("hours.way")}
          <select name="way">
            <option value="">${this.say("hours.way_unsaid")}</option>
            <option value="in">${this.say("hours.way_in")}</option>
            <option value="out">${this.say("hours.way_out")}</option>
          </select>
        </label>
      </div>
      <label ?hidden=${terminals.length === 1}
        >${this.say("hours.terminal")}
        <select name="device_id">
          ${terminals.map(
            (it) => html`<option value=${it.device_id} ?selected=${it.serial === this.day.serial}>${it.name}</option>`,
          )}
        </select>
      </label>`;
  }

  private readonly save = (event: SubmitEvent): void => {
    event.preventDefault();
    const { home, day, chosen } = this;
    if (home.lost !== undefined) return;
    const form = new FormData(event.target as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const punch = chosen === undefined ? undefined : day.punches[chosen];
    const terminals = [...home.overview.terminals.values()];
    // A terminal that was replaced has its records still; any of the listener finds them.
    const device = (serial: string) => (home.overview.terminals.get(serial) ?? terminals[0])?.device_id;
    void this.work.run(async () => {
      if (punch === undefined) {
        await home.server.perform("add_punch", {
          device_id: text("device_id"),
          enroll_id: this.enrollId,
          at: fromEntered(home.hass, `${text("day")}T${text("time")}`),
          reason: text("reason"),
          ...(text("way") ? { way: text("way") } : {}),
          ...(day.name ? { name: day.name } : {}),
        });
      } else if (punch.correction) {
        const { correction_id } = punch.correction;
        await home.server.perform("withdraw_correction", { device_id: device(punch.serial), correction_id });
      } else {
        const data = { device_id: device(punch.serial), record_id: punch.record_id, reason: text("reason") };
        await home.server.perform("leave_out_record", data);
      }
      home.tell(this.say(punch?.correction ? "hours.taken_back" : "hours.saved"));
      this.close(true);
    });
  };

  private close(changed: boolean): void {
    if (changed || !this.work.busy) this.dispatchEvent(new CustomEvent<boolean>("closed", { detail: changed }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-correction-dialog": TimmyCorrectionDialog;
  }
}
