import { LitElement, css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Absence } from "../absences";
import type { Home } from "../home";
import { terminalName } from "../people";
import { shared } from "../style";

/** A stretch of the log in which a terminal was not connected, and what is known of what it recorded meanwhile. */
@customElement("timmy-absence")
export class TimmyAbsence extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        /* The list measures a row before it is drawn. */
        min-height: 56px;
      }
      .absence {
        min-height: 56px;
        padding: 8px 12px;
        border-bottom: 1px solid var(--timmy-line);
        border-inline-start: 4px solid var(--timmy-line);
        background: var(--timmy-card);
        overflow-wrap: anywhere;
      }
      .absence.bad {
        border-inline-start-color: var(--timmy-warn);
      }
      h3 {
        margin: 0;
        padding: 12px 12px 4px;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) absence!: Absence;
  /** The day, above what is first of it. */
  @property() day = "";

  override render() {
    const { home, absence } = this;
    const { since, until, arrived } = absence;
    const { format } = home;
    const isOneDay = until !== null && format.isoDay(since) === format.isoDay(until);
    const when = {
      terminal: terminalName(home, absence.serial),
      from: format.moment(since),
      until: until === null ? "" : isOneDay ? format.time(until) : format.moment(until),
    };
    return html`${this.day ? html`<h3>${this.day}</h3>` : nothing}
      <div class="absence ${arrived === "whole" ? "" : "bad"}">
        <div>${home.texts.say(until === null ? "log.absent_since" : "log.absent", when)}</div>
        <div class="quiet">${home.texts.say(`log.absent_${arrived}`)}</div>
      </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-absence": TimmyAbsence;
  }
}
