import { LitElement, css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Home } from "../home";
import type { LogRecord } from "../records";
import { shared } from "../style";
import { follow } from "../view";
import "./access_photo";

const SHAPES = { granted: ["good", "✓"], refused: ["bad", "✕"], unknown: ["", "○"] } as const;

/** One record of the access log: when, who, how, where, and what became of it. */
@customElement("timmy-record")
export class TimmyRecord extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        /* The list measures a row before it is drawn. */
        min-height: 56px;
      }
      .record {
        position: relative;
        min-height: 56px;
        align-content: start;
        display: grid;
        grid-template-columns: 88px minmax(0, 1fr);
        gap: 0 12px;
        padding: 8px 12px;
        border-bottom: 1px solid var(--timmy-line);
        background: var(--timmy-card);
        overflow-wrap: anywhere;
      }
      .who {
        font-weight: 500;
      }
      .time {
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
        grid-row: 1 / span 3;
      }
      .state {
        white-space: normal;
      }
      .what {
        grid-column: 2;
      }
      .pictured .who,
      .pictured .what {
        padding-inline-end: 52px;
      }
      timmy-access-photo {
        position: absolute;
        inset-block-start: 8px;
        inset-inline-end: 12px;
      }
      h3 {
        margin: 0;
        padding: 12px 12px 4px;
      }
      @media (min-width: 800px) {
        .record {
          grid-template-columns: 100px minmax(0, 1fr) minmax(0, 1.2fr) minmax(0, 1.2fr);
        }
        .what {
          grid-column: auto;
        }
        .time {
          grid-row: auto;
        }
        .pictured .who,
        .pictured .what:not(.outcome) {
          padding-inline-end: 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) record!: LogRecord;
  /** Where a click on the person leads. */
  @property() address = "";
  /** The day, above the first record of it. */
  @property() day = "";

  override render() {
    const { home, record } = this;
    const say = (key: string, values = {}) => home.texts.say(`log.${key}`, values);
    return html`${this.day ? html`<h3>${this.day}</h3>` : nothing}
      <div class="record ${record.photo ? "pictured" : ""}">
        <span class="time">${record.time_known ? home.format.second(record.occurred_at) : "–"}</span>
        <span class="who">${this.who()}</span>
        <span class="what quiet">
          ${record.terminal}${record.kind === "punch" && record.method !== "unrecognised" ? html` · ${this.how()}` : nothing}
          ${
            record.time_known
              ? record.live
                ? nothing
                : html`<span class="hint">${say("late", { time: this.arrived() })}</span>`
              : html`<span class="hint">${say("time_unknown", { time: home.format.moment(record.arrived_at) })}</span>`
          }
        </span>
        <span class="what outcome">${this.outcome()}</span>
        ${record.photo ? html`<timmy-access-photo .home=${home} .record=${record}></timmy-access-photo>` : nothing}
      </div>`;
  }

  private arrived(): string {
    const { format } = this.home;
    const { occurred_at: occurred, arrived_at: arrived } = this.record;
    return format.isoDay(occurred) === format.isoDay(arrived) ? format.time(arrived) : format.moment(arrived);
  }

  private who() {
    const { record } = this;
    const say = (key: string, values = {}) => this.home.texts.say(`log.${key}`, values);
    if (record.kind === "door") return say(`door_${record.door_event ?? "unknown"}`);
    if (record.method === "unrecognised") return say("unrecognised");
    if (record.enroll_id === null) return this.home.texts.say("word.unknown");
    const name =
      record.person === null || record.person === `User ${record.enroll_id}`
        ? say("user", { number: record.enroll_id })
        : record.person;
    return html`<a href=${this.address} @click=${follow}>${name}</a>`;
  }

  private how(): string {
    return this.home.texts.say(`log.method_${this.record.method ?? "other"}`);
  }

  private outcome() {
    const { outcome, decided_by: by } = this.record;
    if (outcome === null) return nothing;
    const say = (key: string) => this.home.texts.say(`log.${key}`);
    const [tone, shape] = SHAPES[outcome];
    if (outcome === "unknown" && by === "terminal") {
      return html`<span class="state"><span aria-hidden="true">${shape}</span> ${say("terminal_decided")}</span>`;
    }
    return html`<span class="state ${tone}"
      ><span aria-hidden="true">${shape}</span> ${say(outcome === "unknown" ? "untold" : outcome)}${
        by === null ? nothing : ` · ${say(`by_${by}`)}`
      }</span
    >`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-record": TimmyRecord;
  }
}
