import { css, html, nothing, type PropertyValues } from "lit";
import { customElement, state } from "lit/decorators.js";

import { absencesOf, isAbsence, withAbsences, type Absence, type LogRow } from "../absences";
import { Followed, replaced } from "../followed";
import { withRecords, type LogRecord } from "../records";
import type { Refusal } from "../server";
import { shared } from "../style";
import { View } from "../view";
import { Work } from "../work";
import { logRow } from "./log_row";

const METHODS = ["card", "face", "fingerprint", "palm", "password", "qr_code"];
const FILTERS = ["terminal", "kind", "method", "day", "person"];
const TYPED_MILLISECONDS = 250;
/** So far down the newest record is not in sight. */
const TOP_PIXELS = 40;
const NUMBER = /^\d{1,9}$/;

interface LogPage {
  records: LogRecord[];
  next: string | null;
  from: string | null;
  until: string | null;
  person: string | null;
}

interface Tail {
  begun: boolean;
  records: LogRecord[];
  more: boolean;
}

interface Found {
  enroll_id: number;
  name: string;
}

/** Who came in, when and how: newest first, live at its top. */
@customElement("timmy-log")
export class TimmyLog extends View {
  static override styles = [
    shared,
    css`
      .filters {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(150px, 100%), 1fr));
        gap: 0 12px;
        margin-top: 8px;
      }
      details {
        margin-bottom: 12px;
      }
      timmy-list {
        height: max(360px, calc(100dvh - 330px));
      }
    `,
  ];

  @state() private records: readonly LogRecord[] | undefined;
  @state() private refusal: Refusal | undefined;
  @state() private hasNewer = false;
  @state() private found: readonly Found[] = [];
  @state() private personUnknown = false;
  private page: LogPage | undefined;
  private next: string | null = null;
  /** What was told before the first page came. */
  private held: Tail[] = [];
  private asked = 0;
  private isAsking = false;
  private timer: number | undefined;
  private readonly exporting = new Work(this, () => this.home.server);
  private readonly tail = new Followed<Tail, Tail>(
    this,
    "log_tail",
    (_, news) => {
      this.told(news);
      return news;
    },
    () => this.which,
  );

  private readonly absences = new Followed<{ absences: Absence[] }>(this, "absences", replaced);

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearTimeout(this.timer);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("place");
    if (before && FILTERS.some((name) => before.query[name] !== this.place.query[name])) {
      this.begin();
      this.tail.again();
    }
    const served = changed.get("home")?.server;
    if (served && served !== this.home.server) {
      this.begin();
      this.tail.again();
      this.absences.again();
    }
  }

  override render() {
    const why = this.whyNot;
    const refusal = this.tail.away ?? this.refusal;
    return html`
      <div class="bar">
        <h2 class="grow">${this.say("log.title")}</h2>
        <button
          ?disabled=${why !== undefined || this.exporting.busy || !this.records?.length}
          title=${why ?? nothing}
          @click=${this.export}
        >
          ${this.say("log.export")}
        </button>
      </div>
      ${this.refusedWith(this.exporting.refusal)} ${this.filters()} ${this.refusedWith(refusal)}
      ${
        this.hasNewer
          ? html`<div class="bar" role="status"><button @click=${this.again}>${this.say("log.newer")}</button></div>`
          : nothing
      }
      ${this.list(refusal)}
    `;
  }

  private list(refusal: Refusal | undefined) {
    const { records } = this;
    if (records === undefined) {
      if (!refusal) return this.loading();
      return html`<button @click=${this.again}>${this.say("action.try_again")}</button>`;
    }
    const rows = this.rows(records);
    if (records.length === 0) {
      return html`<p class="empty" role="status">
          ${this.say(Object.keys(this.which).length > 0 ? "log.nobody" : "log.nothing")}
        </p>
        ${rows.map((it) => logRow(this.home, this.place, it, undefined))}`;
    }
    return html`<timmy-list
        label=${this.say("log.title")}
        .items=${rows}
        .key=${(it: LogRow) => (isAbsence(it) ? `${it.serial} ${it.since}` : String(it.id))}
        .row=${(it: LogRow, index: number) => logRow(this.home, this.place, it, rows[index - 1])}
        @end=${this.older}
      ></timmy-list>
      ${
        this.refusal
          ? html`<div class="actions"><button @click=${this.goOn}>${this.say("action.try_again")}</button></div>`
          : this.next === null
            ? html`<p class="quiet">${this.say("log.end")}</p>`
            : nothing
      }`;
  }

  private filters() {
    const { query } = this.place;
    const used = FILTERS.filter((name) => query[name]).length;
    return html`<details ?open=${!this.home.narrow}>
      <summary>${this.say("log.filters")}${used ? ` (${this.home.format.number(used)})` : nothing}</summary>
      <div class="filters">
        ${this.choice(
          "terminal",
          [...this.home.overview.terminals.values()].map((it) => [it.serial, it.name] as const),
        )}
        <label
          >${this.say("log.day")}
          <input type="date" .value=${query["day"] ?? ""} @change=${(event: Event) => this.set("day", event)} />
        </label>
        <label
          >${this.say("log.person")}
          <input
            type="search"
            list="people"
            autocomplete="off"
            placeholder=${this.say("log.person_hint")}
            .value=${this.person}
            aria-invalid=${this.personUnknown ? "true" : nothing}
            @input=${this.typed}
            @change=${this.chosen}
          />
          <datalist id="people">${this.found.map((it) => html`<option value=${nameOf(it)}></option>`)}</datalist>
          ${this.personUnknown ? html`<span class="error" role="alert">${this.say("log.person_unknown")}</span>` : nothing}
        </label>
        ${this.choice("kind", [
          ["punch", this.say("log.kind_punch")],
          ["door", this.say("log.kind_door")],
        ])}
        ${this.choice(
          "method",
          METHODS.map((it) => [it, this.say(`log.method_${it}`)] as const),
        )}
      </div>
      ${used ? html`<button class="plain" @click=${this.clear}>${this.say("log.clear")}</button>` : nothing}
    </details>`;
  }

  private choice(name: string, options: readonly (readonly [string, string])[]) {
    const chosen = this.place.query[name] ?? "";
    return html`<label
      >${this.say(`log.${name}`)}
      <select @change=${(event: Event) => this.set(name, event)}>
        <option value="" .selected=${chosen === ""}>${this.say("word.all")}</option>
        ${options.map(([value, text]) => html`<option value=${value} .selected=${value === chosen}>${text}</option>`)}
      </select>
    </label>`;
  }

  /** The records, and when terminals were not connected meanwhile. */
  private rows(records: readonly LogRecord[]): LogRow[] {
    const { terminal, day } = this.place.query;
    const now = Date.now();
    const [from, until] = day ? [this.page?.from ?? null, this.page?.until ?? null] : [null, null];
    const absences = absencesOf(
      this.absences.value?.absences ?? [],
      { serial: terminal || undefined, from, until },
      now,
    );
    return withAbsences(records, absences, this.next !== null, now);
  }

  /** What the filters of the address ask the server for; what it would not understand is left out. */
  private get which(): Record<string, string | number> {
    const { terminal, kind, method, day, person } = this.place.query;
    return {
      ...(terminal ? { serial: terminal } : {}),
      ...(kind === "door" || kind === "punch" ? { kind } : {}),
      ...(method && METHODS.includes(method) ? { method } : {}),
      ...(day && /^\d{4}-\d{2}-\d{2}$/.test(day) ? { day } : {}),
      ...(person && NUMBER.test(person) ? { enroll_id: Number(person) } : {}),
    };
  }

  private get person(): string {
    const { person } = this.place.query;
    if (!person || !NUMBER.test(person)) return "";
    const name = this.page?.person;
    return name ? nameOf({ enroll_id: Number(person), name }) : person;
  }

  private set(name: string, event: Event): void {
    this.filter({ [name]: (event.target as HTMLInputElement | HTMLSelectElement).value });
  }

  private readonly clear = (): void => {
    this.personUnknown = false;
    this.filter(Object.fromEntries(FILTERS.map((name) => [name, ""])));
  };

  private readonly typed = (event: Event): void => {
    const text = (event.target as HTMLInputElement).value.trim();
    this.personUnknown = false;
    window.clearTimeout(this.timer);
    if (text && !this.found.some((it) => nameOf(it) === text))
      this.timer = window.setTimeout(() => void this.search(text), TYPED_MILLISECONDS);
  };

  private async search(text: string): Promise<void> {
    try {
      this.found = await this.home.server.ask<Found[]>("log_people", { text });
    } catch {
      this.found = []; // a number can be typed all the same
    }
  }

  private readonly chosen = async (event: Event): Promise<void> => {
    const text = (event.target as HTMLInputElement).value.trim();
    window.clearTimeout(this.timer);
    if (text === "" || NUMBER.test(text)) {
      this.filter({ person: text });
      return;
    }
    const named = () => this.found.find((it) => nameOf(it) === text);
    if (!named()) await this.search(text);
    const person = named() ?? (this.found.length === 1 ? this.found[0] : undefined);
    this.personUnknown = person === undefined;
    if (person) this.filter({ person: String(person.enroll_id) });
  };

  private told(news: Tail): void {
    if (news.begun) {
      // What is kept from here on is told; what was kept while nothing was told is on the page.
      this.begin();
      void this.ask();
    } else if (this.records === undefined) {
      this.held.push(news);
    } else if (news.more) {
      this.hasNewer = true;
    } else {
      const known = new Set(this.records.map((it) => it.id));

      // What somebody reads further down stays where it is.
      const shown = this.isReading ? news.records.filter((it) => known.has(it.id)) : news.records;
      this.hasNewer ||= shown.length < news.records.length;
      this.records = withRecords(this.records, shown, this.next !== null);
    }
  }

  /** Whether somebody has gone down from the top of the list. */
  private get isReading(): boolean {
    const frame = this.renderRoot.querySelector("timmy-list")?.renderRoot.querySelector(".frame");
    return (frame?.scrollTop ?? 0) > TOP_PIXELS;
  }

  private begin(): void {
    this.asked += 1;
    this.isAsking = false;
    this.records = undefined;
    this.refusal = undefined;
    this.hasNewer = false;
    this.held = [];
    this.next = null;
  }

  private readonly again = (): void => {
    this.begin();
    this.tail.again();
  };

  private readonly older = (): void => {
    if (this.next !== null && !this.refusal) void this.ask(this.next);
  };

  private readonly goOn = (): void => {
    this.refusal = undefined;
    this.older();
  };

  private async ask(after?: string): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    const asked = this.asked;
    try {
      const page = await this.home.server.ask<LogPage>("log", { ...this.which, ...(after ? { after } : {}) });
      if (asked !== this.asked) return;
      this.page = page;
      this.next = page.next;
      this.refusal = undefined;
      this.records = withRecords(this.records ?? [], page.records, false);
      for (const news of this.held.splice(0)) this.told(news);
    } catch (err) {
      if (asked === this.asked) this.refusal = this.home.server.refusal(err);
    } finally {
      if (asked === this.asked) this.isAsking = false;
    }
  }

  private readonly export = async (): Promise<void> => {
    const { serial, kind, method, enroll_id } = this.which;
    const terminals = [...this.home.overview.terminals.values()];
    await this.exporting.run(async () => {
      const made = await this.home.server.perform<{ url: string; records: number }>("export_logs", {
        ...(kind ? { kind } : {}),
        ...(method ? { method } : {}),
        ...(enroll_id === undefined ? {} : { enroll_id }),
        device_id: terminals.filter((it) => serial === undefined || it.serial === serial).map((it) => it.device_id),
        ...(this.page?.from && this.page.until ? { from: this.page.from, until: this.page.until } : {}),
      });
      const link = document.createElement("a");
      link.href = this.home.hass.hassUrl(made.url);
      link.download = "";
      link.click();
      this.home.tell(this.home.texts.count("log.exported", made.records));
    });
  };
}

function nameOf(found: Found): string {
  return `${found.name} (${found.enroll_id})`;
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-log": TimmyLog;
  }
}
