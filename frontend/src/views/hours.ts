import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import "./correction_dialog";
import {
  STANDINGS,
  clock,
  dayInWords,
  daysOf,
  monthAfter,
  monthInWords,
  monthOf,
  timesInWords,
  totalOf,
  type Everybody,
  type Sheet,
  type SheetDay,
  type Sum,
} from "../hours";
import { clock as clockOf } from "../people";
import { addressOf } from "../place";
import { printSheet } from "../printed";
import type { Refusal } from "../server";
import { shared } from "../style";
import { View } from "../view";
import { Work } from "../work";

const NUMBER = /^\d{1,12}$/;
const ASKED = ["month", "person", "name"];
// So many are drawn at a time; more on demand.
const SHOWN = 200;

/** How long somebody was there: a month of everybody, or the sheet of one. */
@customElement("timmy-hours")
export class TimmyHours extends View {
  static override styles = [
    shared,
    css`
      .quiet button {
        color: inherit;
        font-weight: 400;
      }
      .month {
        min-width: 9em;
        text-align: center;
        font-weight: 500;
      }
      .filters {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(260px, 100%), 1fr));
        gap: 0 12px;
      }
      .number {
        text-align: end;
        white-space: nowrap;
        font-variant-numeric: tabular-nums;
      }
      td {
        vertical-align: baseline;
      }
      td .state {
        white-space: normal;
        display: inline;
      }
      td .state > [aria-hidden] {
        margin-inline-end: 4px;
      }
      .date {
        white-space: nowrap;
      }
      tfoot td {
        font-weight: 500;
        border-bottom: 0;
      }
      td button.plain {
        min-height: 36px;
        padding: 4px;
        white-space: nowrap;
      }
    `,
  ];

  @state() private everybody: Everybody | undefined;
  @state() private sheet: Sheet | undefined;
  @state() private refusal: Refusal | undefined;
  @state() private correcting: SheetDay | undefined;
  @state() private limit = SHOWN;
  @query("table") private table!: HTMLTableElement | null;
  private asked = 0;
  private readonly exporting = new Work(this, () => this.home.server);

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("place");
    const moved = before && ASKED.some((it) => before.query[it] !== this.place.query[it]);
    const was = changed.get("home");
    const served = was && was.server !== this.home.server;
    const back = was && was.lost !== undefined && this.home.lost === undefined && this.refusal !== undefined;
    if (!this.hasUpdated || moved || served || back) {
      if (moved && before.query["month"] === this.place.query["month"]) this.sheet = undefined;
      else this.forget();
      void this.load();
    }
  }

  override render() {
    const { refusal } = this;
    return html`
      <div class="bar">
        <h2 class="grow">${this.say("hours.title")}${this.who ? html`: ${this.who.name}` : nothing}</h2>
        ${this.button("hours.export", this.export, !this.hasLines || this.exporting.busy)}
        ${this.button("action.print", this.print, !this.hasLines, true)}
      </div>
      ${this.refusedWith(this.exporting.refusal)} ${this.choices()} ${this.refusedWith(refusal)} ${this.content()}
      ${
        this.correcting
          ? html`<timmy-correction-dialog
              .home=${this.home}
              .day=${this.correcting}
              .enrollId=${this.who?.number ?? 0}
              @closed=${this.corrected}
            ></timmy-correction-dialog>`
          : nothing
      }
    `;
  }

  private button(key: string, pressed: () => void, off: boolean, works = false): TemplateResult {
    const why = works ? undefined : this.whyNot;
    return html`<button ?disabled=${off || why !== undefined} title=${why ?? nothing} @click=${pressed}>
      ${this.say(key)}
    </button>`;
  }

  /** Whose sheet the address asks for; undefined for everybody. */
  private get who(): { number: number; name: string } | undefined {
    const { person, name } = this.place.query;
    return person && NUMBER.test(person) && name ? { number: Number(person), name } : undefined;
  }

  private get shownMonth(): string | undefined {
    return monthOf(this.place.query["month"]) ?? this.everybody?.month;
  }

  private get hasLines(): boolean {
    return this.who ? this.sheet !== undefined : Boolean(this.everybody?.people.length);
  }

  private choices(): TemplateResult {
    const month = this.shownMonth;
    const people = this.everybody?.people ?? [];
    const { who } = this;
    const chosen = who ? people.findIndex((it) => it.enroll_id === who.number && it.person === who.name) : -1;
    const turn = (by: number) => () => month && this.filter({ month: monthAfter(month, by) });
    return html`<div class="bar" role="group" aria-label=${this.say("hours.month")}>
        <button class="plain" ?disabled=${!month} aria-label=${this.say("hours.earlier")} @click=${turn(-1)}>
          <span aria-hidden="true">◂</span>
        </button>
        <span class="month" aria-live="polite">${month ? monthInWords(this.home, month) : nothing}</span>
        <button class="plain" ?disabled=${!month} aria-label=${this.say("hours.later")} @click=${turn(1)}>
          <span aria-hidden="true">▸</span>
        </button>
      </div>
      <div class="filters">
        <label
          >${this.say("hours.person")}
          <select @change=${this.choose}>
            <option value="" .selected=${who === undefined}>${this.say("hours.everybody")}</option>
            ${who && chosen < 0 ? html`<option value="-1" selected>${who.name}</option>` : nothing}
            ${people.map((it, index) => html`<option value=${index} .selected=${index === chosen}>${it.person}</option>`)}
          </select>
        </label>
      </div>`;
  }

  private content() {
    const { who, everybody, sheet } = this;
    if (who ? !sheet : !everybody) {
      if (!this.refusal) return this.loading();
      return html`<button @click=${() => void this.load()}>${this.say("action.try_again")}</button>`;
    }
    const begins = (sheet ?? everybody)?.day_begins ?? 0;
    return html`${who && sheet ? this.days(sheet) : everybody ? this.sums(everybody.people) : nothing}
    ${
      begins === 0
        ? nothing
        : html`<p class="quiet">${this.say("hours.begins", { time: clockOf(this.home, begins * 60) })}</p>`
    }`;
  }

  private sums(people: readonly Sum[]): TemplateResult {
    if (people.length === 0) return html`<p class="empty" role="status">${this.say("hours.nobody")}</p>`;
    return html`<div class="card scrolls">
        <table>
          <thead>
            <tr>
              <th scope="col">${this.say("hours.person")}</th>
              <th scope="col" class="number">${this.say("hours.days")}</th>
              <th scope="col" class="number">${this.say("hours.worked")}</th>
            </tr>
          </thead>
          <tbody>
            ${people.slice(0, this.limit).map((it) => this.sum(it))}
          </tbody>
        </table>
      </div>
      ${
        people.length > this.limit
          ? html`<div class="actions">
              <button @click=${() => (this.limit += SHOWN)}>${this.say("action.more")}</button>
            </div>`
          : nothing
      }`;
  }

  private sum(it: Sum): TemplateResult {
    const { format, texts } = this.home;
    const address = addressOf("hours", [], { ...this.place.query, person: String(it.enroll_id), name: it.person });
    return html`<tr>
      <td>
        ${this.link(address, it.person)}
        ${it.corrected ? this.mark("✎", "quiet", this.say("hours.corrected")) : nothing}
      </td>
      <td class="number">${format.number(it.days)}</td>
      <td class="number">
        ${clock(it.seconds)}
        ${
          it.unknown
            ? html`<div>${this.mark(...STANDINGS.missing, texts.count("hours.unknown", it.unknown))}</div>`
            : nothing
        }
        ${it.running ? html`<div>${this.mark(...STANDINGS.running, this.say("hours.running"))}</div>` : nothing}
      </td>
    </tr>`;
  }

  private mark(shape: string, tone: string, text: string): TemplateResult {
    return html`<span class="state ${tone}"><span aria-hidden="true">${shape}</span>${text}</span>`;
  }

  private days(sheet: Sheet): TemplateResult {
    const total = totalOf(sheet.days);
    return html`${
        sheet.days.length === 0 ? html`<p class="quiet" role="status">${this.say("hours.not_there")}</p>` : nothing
      }
      <div class="card scrolls">
        <table>
          <thead>
            <tr>
              <th scope="col">${this.say("hours.day")}</th>
              <th scope="col">${this.say("hours.times")}</th>
              <th scope="col" class="number">${this.say("hours.worked")}</th>
            </tr>
          </thead>
          <tbody>
            ${daysOf(sheet).flatMap((day) => {
              const found = sheet.days.filter((it) => it.day === day);
              return found.length ? found.map((it) => this.day(it)) : [this.emptyDay(day, day <= sheet.today)];
            })}
          </tbody>
          <tfoot>
            <tr>
              <td colspan="2">
                ${this.say("hours.total")}
                ${
                  total.unknown
                    ? this.mark(...STANDINGS.missing, this.home.texts.count("hours.unknown", total.unknown))
                    : nothing
                }
              </td>
              <td class="number">${clock(total.seconds)}</td>
            </tr>
          </tfoot>
        </table>
      </div>`;
  }

  private day(it: SheetDay): TemplateResult {
    const isCorrected = it.punches.some((punch) => punch.correction !== null);
    const counted = it.punches.some((punch) => punch.counts);
    return html`<tr>
      <td class="date">${dayInWords(this.home, it.day)}</td>
      <td>
        ${counted ? timesInWords(this.home, it) : "–"}
        ${it.standing === "complete" ? nothing : this.mark(...STANDINGS[it.standing], this.say(`hours.${it.standing}`))}
        ${isCorrected ? this.mark("✎", "quiet", this.say("hours.corrected")) : nothing} ${this.correctButton(it)}
      </td>
      <td class="number">
        ${
          it.seconds === null
            ? html`<span aria-hidden="true">?</span><span class="hidden">${this.say("word.unknown")}</span>`
            : counted
              ? clock(it.seconds)
              : "–"
        }
      </td>
    </tr>`;
  }

  private emptyDay(day: string, isPast: boolean): TemplateResult {
    const empty: SheetDay = {
      day,
      name: null,
      serial: this.sheet?.days.at(-1)?.serial ?? "",
      standing: "complete",
      seconds: 0,
      times: [],
      punches: [],
    };
    return html`<tr class="quiet">
      <td class="date">${dayInWords(this.home, day)}</td>
      <td>${isPast ? this.correctButton(empty, "hours.add") : "–"}</td>
      <td class="number">–</td>
    </tr>`;
  }

  private correctButton(day: SheetDay, key = "hours.correct"): TemplateResult {
    const words = dayInWords(this.home, day.day);
    return html`<button
      class="plain screen"
      aria-label="${this.say(key)}: ${words}"
      @click=${() => (this.correcting = day)}
    >
      ${this.say(key)}
    </button>`;
  }

  private readonly choose = (event: Event): void => {
    const chosen = this.everybody?.people[Number((event.target as HTMLSelectElement).value || "-1")];
    this.filter({ person: chosen ? String(chosen.enroll_id) : "", name: chosen?.person ?? "" });
  };

  private readonly corrected = (event: CustomEvent<boolean>): void => {
    this.correcting = undefined;
    if (event.detail) void this.load();
  };

  private forget(): void {
    this.everybody = undefined;
    this.sheet = undefined;
    this.limit = SHOWN;
  }

  /** Ask for what the address says; what is shown stays until the answer is there. */
  private async load(): Promise<void> {
    const asked = ++this.asked;
    const { who } = this;
    const { server } = this.home;
    const month = monthOf(this.place.query["month"]);
    const which = month ? { month } : {};
    try {
      const [everybody, sheet] = await Promise.all([
        server.ask<Everybody>("hours", which),
        who
          ? server.ask<Sheet>("hours_sheet", { ...which, enroll_id: who.number, person: who.name })
          : Promise.resolve(undefined),
      ]);
      if (asked !== this.asked) return;
      this.refusal = undefined;
      this.everybody = everybody;
      this.sheet = sheet;
    } catch (err) {
      if (asked === this.asked) this.refusal = server.refusal(err);
    }
  }

  private readonly print = (): void => {
    const month = this.shownMonth;
    if (!this.table || !month) return;
    const name = this.who?.name ?? this.say("hours.everybody");
    printSheet(this.table, `${this.say("hours.title")}: ${name}, ${monthInWords(this.home, month)}`);
  };

  private readonly export = async (): Promise<void> => {
    const frame = this.sheet ?? this.everybody;
    if (!frame) return;
    const days = daysOf(frame);
    await this.exporting.run(async () => {
      const made = await this.home.server.perform<{ url: string; days: number }>("export_attendance", {
        device_id: [...this.home.overview.terminals.values()].map((it) => it.device_id),
        first_day: days[0],
        last_day: days.at(-1),
        ...(this.who ? { enroll_id: this.who.number } : {}),
      });
      const link = document.createElement("a");
      link.href = this.home.hass.hassUrl(made.url);
      link.download = "";
      link.click();
      this.home.tell(this.home.texts.count("hours.exported", made.days));
    });
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-hours": TimmyHours;
  }
}
