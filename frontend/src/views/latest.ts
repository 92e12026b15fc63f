import { LitElement, html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import "../elements/record";
import { Followed } from "../followed";
import type { Home } from "../home";
import { addressOf } from "../place";
import { withRecords, type LogRecord } from "../records";
import type { Refusal } from "../server";
import { shared } from "../style";
import { follow } from "../view";

/** What of the log a person's page shows; the rest is on its own page. */
const SHOWN = 5;

/** When somebody was at a door last, live. */
@customElement("timmy-latest")
export class TimmyLatest extends LitElement {
  static override styles = [shared];

  @property({ attribute: false }) home!: Home;
  /** The enroll id. */
  @property({ attribute: false }) number = 0;
  @state() private records: readonly LogRecord[] | undefined;
  @state() private refusal: Refusal | undefined;
  private readonly tail = new Followed<undefined, { begun: boolean; records: LogRecord[]; more: boolean }>(
    this,
    "log_tail",
    (_, news) => {
      if (news.begun || news.more || !this.records) void this.read();
      else this.records = withRecords(this.records, news.records, false).slice(0, SHOWN);
      return undefined;
    },
    () => ({ enroll_id: this.number }),
  );

  override willUpdate(changed: PropertyValues<this>): void {
    if (this.hasUpdated && changed.has("number")) {
      this.records = undefined;
      this.tail.again();
    }
  }

  override render() {
    const say = (key: string, values = {}) => this.home.texts.say(key, values);
    const refusal = this.tail.away ?? this.refusal;
    const log = addressOf("log", [], { person: String(this.number) });
    return html`<section class="card">
      <h3>${say("person.latest")}</h3>
      ${refusal ? html`<p class="error" role="alert">${refusal.message}</p>` : nothing}
      ${this.records && this.records.length === 0 ? html`<p>${say("person.latest_none")}</p>` : nothing}
      ${this.records?.map(
        (record, index, all) =>
          html`<timmy-record
            .home=${this.home}
            .record=${record}
            address=${log}
            day=${this.day(record, all[index - 1])}
          ></timmy-record>`,
      )}
      <p><a href=${log} @click=${follow}>${say("person.latest_all")}</a></p>
    </section>`;
  }

  private day(record: LogRecord, before: LogRecord | undefined): string {
    const { format } = this.home;
    if (before && format.isoDay(before.occurred_at) === format.isoDay(record.occurred_at)) return "";
    return format.date(record.occurred_at);
  }

  private async read(): Promise<void> {
    const { number } = this;
    try {
      const page = await this.home.server.ask<{ records: LogRecord[] }>("log", { enroll_id: number, limit: SHOWN });
      if (number !== this.number) return;
      this.records = page.records;
      this.refusal = undefined;
    } catch (err) {
      this.refusal = this.home.server.refusal(err);
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-latest": TimmyLatest;
  }
}
