import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { Followed, replaced } from "../followed";
import { goTo } from "../home_assistant";
import { found, peopleWith, terminalName, type Groups, type Person } from "../people";
import { addressOf } from "../place";
import { shared } from "../style";
import { View, follow } from "../view";
import { Work } from "../work";
import "./import_dialog";
import "./person_dialog";
import "./person_row";
import { DEEDS, type Deed } from "./several_dialog";

/** More terminals than these have no room for a column each. */
const MOST_COLUMNS = 6;
const STATES = ["valid", "not_yet", "expired", "disabled", "attention"];

/** Everybody of the house. */
@customElement("timmy-people")
export class TimmyPeople extends View {
  static override styles = [
    shared,
    css`
      .bar label {
        flex: 1 1 150px;
        margin: 0;
      }
      @media (max-width: 600px) {
        .bar label:first-child {
          flex-basis: 100%;
        }
      }
      .head {
        display: grid;
        grid-template-columns: minmax(160px, 2fr) repeat(var(--timmy-columns, 1), minmax(0, 1fr));
        gap: 4px 12px;
        padding: 4px 13px;
        overflow: hidden;
        overflow-wrap: anywhere;
        scrollbar-gutter: stable;
        color: var(--timmy-quiet);
        font-size: 13px;
      }
      .head.picking {
        padding-inline-start: 61px;
      }
    `,
  ];

  @state() private adds = false;
  @state() private imports = false;
  @state() private picked: ReadonlySet<string> = new Set();
  /** What is asked about, and of whom as they were when it was: the list goes on meanwhile. */
  @state() private asked: { deed: Deed; people: [string, Person][] } | undefined;
  private readonly exporting = new Work(this, () => this.home.server);
  private hasLooked = false;
  private readonly people = new Followed(this, "people", peopleWith);
  private readonly groups = new Followed<Groups>(this, "groups", replaced);

  override updated(): void {
    const search = this.hasLooked ? null : this.renderRoot.querySelector<HTMLInputElement>("input[type=search]");
    if (!search) return;
    this.hasLooked = true;
    // Who has a keyboard types a name at once; on a phone the keys would cover the list.
    if (window.matchMedia("(pointer: fine)").matches) search.focus({ preventScroll: true });
  }

  override render() {
    return html`
      <div class="bar">
        <h2 class="grow">${this.say("people.title")}</h2>
        <a class="button" href=${addressOf("enrol")} @click=${follow}>${this.say("enrol.begin")}</a>
        <button
          class="primary"
          ?disabled=${this.whyNot !== undefined || !this.groups.value}
          @click=${() => (this.adds = true)}
        >
          ${this.say("people.add")}
        </button>
      </div>
      ${this.exporting.refusal ? html`<p class="error" role="alert">${this.exporting.refusal.message}</p>` : nothing}
      ${this.differences()} ${this.content()}
      ${
        this.imports
          ? html`<timmy-import-dialog .home=${this.home} @closed=${() => (this.imports = false)}></timmy-import-dialog>`
          : nothing
      }
      ${
        this.asked
          ? html`<timmy-several-dialog
              .home=${this.home}
              .deed=${this.asked.deed}
              .people=${this.asked.people}
              .groups=${this.groups.value?.groups ?? []}
              @closed=${this.decided}
            ></timmy-several-dialog>`
          : nothing
      }
      ${
        this.adds
          ? html`<timmy-person-dialog
              .home=${this.home}
              .groups=${this.groups.value?.groups ?? []}
              @closed=${this.added}
            ></timmy-person-dialog>`
          : nothing
      }
    `;
  }

  private differences(): TemplateResult | typeof nothing {
    const { differences } = this.home.overview.house;
    if (!differences) return nothing;
    return html`<p>${this.link(addressOf("differences"), this.home.texts.count("differences.count", differences))}</p>`;
  }

  private content(): TemplateResult {
    const { away, value } = this.people;
    if (!value) return away ? html`${this.refusedWith(away)}` : this.loading();
    if (value.whole && value.byId.size === 0) return this.nobody();
    const { text = "", group = "", state = "" } = this.place.query;
    const shown = found(value.byId, { text, group, state }, Date.now());
    const names = new Map(this.groups.value?.groups.map((it) => [it.group_id, it.name]));
    // The same for all rows and as long as they are: a row that is given another list is drawn again.
    const { columns } = this;
    return html`
      <div class="bar" role="search">
        <label
          >${this.say("people.search")}<input
            type="search"
            .value=${text}
            @input=${(event: Event) => this.filter({ text: (event.target as HTMLInputElement).value })}
            @keydown=${this.pressed}
        /></label>
        <label
          >${this.say("person.groups")}<select
            @change=${(event: Event) => this.filter({ group: (event.target as HTMLSelectElement).value })}
          >
            <option value="">${this.say("word.all")}</option>
            ${[...names].map(([id, name]) => html`<option value=${id} .selected=${id === group}>${name}</option>`)}
          </select></label
        >
        <label
          >${this.say("people.state")}<select
            @change=${(event: Event) => this.filter({ state: (event.target as HTMLSelectElement).value })}
          >
            <option value="">${this.say("word.all")}</option>
            ${STATES.map(
              (it) => html`<option value=${it} .selected=${it === state}>${this.say(`people.${it}`)}</option>`,
            )}
          </select></label
        >
      </div>
      <div class="bar">
        <span class="quiet grow" role="status">
          ${shown.length ? this.home.texts.count("people.count", shown.length) : this.say("people.nobody")}
        </span>
        ${this.tools(shown)}
      </div>
      ${this.isPicking ? this.several(shown) : nothing}
      ${
        shown.length
          ? html`${this.head(columns)}<timmy-list
                label=${this.say("people.title")}
                alike
                .items=${shown}
                .key=${([id]: [string, Person]) => id}
                .row=${([id, person]: [string, Person]) => this.row(id, person, names, columns)}
              ></timmy-list>`
          : nothing
      }
    `;
  }

  /** Where people come from, while there are none. */
  private nobody(): TemplateResult {
    return html`<div class="empty">
      <p>${this.say("people.empty")}</p>
      <p>${this.link(addressOf("groups"), this.say("groups.title"))}</p>
      ${this.importButton()}
    </div>`;
  }

  private get isPicking(): boolean {
    return this.place.query["several"] === "1";
  }

  /** The terminals that have a column each, where there is room. */
  private get columns(): string[] {
    const serials = [...this.home.overview.terminals.keys()];
    return this.home.narrow || serials.length > MOST_COLUMNS ? [] : serials;
  }

  private head(columns: readonly string[]): TemplateResult | typeof nothing {
    if (!columns.length) return nothing;
    return html`<div
      class="head ${this.isPicking ? "picking" : ""}"
      style="--timmy-columns:${columns.length + 1}"
      aria-hidden="true"
    >
      <span>${this.say("person.title")}</span><span>${this.say("people.state")}</span>
      ${columns.map((it) => html`<span>${terminalName(this.home, it)}</span>`)}
    </div>`;
  }

  private row(
    id: string,
    person: Person,
    names: ReadonlyMap<string, string>,
    columns: readonly string[],
  ): TemplateResult {
    return html`<timmy-person-row
      .home=${this.home}
      .personId=${id}
      .person=${person}
      .groups=${names}
      .columns=${columns}
      .picked=${this.isPicking ? this.picked.has(id) : undefined}
      @picked=${() => this.pick(id)}
    ></timmy-person-row>`;
  }

  private tools(shown: readonly unknown[]): TemplateResult {
    const why = this.whyNot;
    return html`<button
        class="plain"
        ?disabled=${!shown.length && !this.isPicking}
        aria-pressed=${this.isPicking}
        @click=${() => this.pickSeveral(!this.isPicking)}
      >
        ${this.say("people.select")}
      </button>
      ${this.importButton()}
      <button class="plain" ?disabled=${why !== undefined || this.exporting.busy} @click=${this.export}>
        ${this.say("people.export")}
      </button>`;
  }

  private importButton(): TemplateResult {
    return html`<button class="plain" ?disabled=${this.whyNot !== undefined} @click=${() => (this.imports = true)}>
      ${this.say("people.import")}
    </button>`;
  }

  /** What may be done with those who are picked. */
  private several(shown: readonly [string, Person][]): TemplateResult {
    const count = this.picked.size;
    const why = this.whyNot;
    return html`<div class="bar" role="group" aria-label=${this.say("people.select")}>
      <span role="status">${this.say("people.selected", { count: this.home.format.number(count) })}</span>
      <button class="plain" @click=${() => (this.picked = new Set([...this.picked, ...shown.map(([id]) => id)]))}>
        ${this.say("people.select_all")}
      </button>
      ${(Object.keys(DEEDS) as Deed[]).map(
        (deed) =>
          html`<button
            class=${deed === "remove" ? "danger" : ""}
            ?disabled=${!count || why !== undefined}
            title=${why ?? nothing}
            @click=${() => this.ask(deed)}
          >
            ${this.say(DEEDS[deed])}
          </button>`,
      )}
    </div>`;
  }

  private ask(deed: Deed): void {
    const people = [...(this.people.value?.byId ?? [])].filter(([id]) => this.picked.has(id));
    this.asked = { deed, people };
  }

  private pick(id: string): void {
    const picked = new Set(this.picked);
    if (!picked.delete(id)) picked.add(id);
    this.picked = picked;
  }

  private pickSeveral(on: boolean): void {
    this.picked = new Set();
    this.filter({ several: on ? "1" : "" });
  }

  private readonly decided = (event: CustomEvent<readonly string[] | undefined>): void => {
    const done = new Set(event.detail);
    this.asked = undefined;
    this.picked = new Set([...this.picked].filter((id) => !done.has(id)));
    if (event.detail && this.picked.size === 0) this.pickSeveral(false);
  };

  private readonly export = (): void => {
    void this.exporting.run(async () => {
      const { csv } = await this.home.server.perform<{ csv: string }>("export_people");
      const link = document.createElement("a");
      // Spreadsheets take a file without the mark for one of another encoding.
      link.href = URL.createObjectURL(new Blob(["\uFEFF", csv], { type: "text/csv" }));
      link.download = "people.csv";
      link.click();
      URL.revokeObjectURL(link.href);
    });
  };

  /** Enter leads to whom the search has found, if that is one person. */
  private readonly pressed = (event: KeyboardEvent): void => {
    const { value } = this.people;
    if (event.key !== "Enter" || !value) return;
    const { group = "", state = "" } = this.place.query;
    const { value: text } = event.target as HTMLInputElement;
    const [only, another] = found(value.byId, { text, group, state }, Date.now());
    if (only && !another) goTo(addressOf("people", [only[0]]));
  };

  private readonly added = (event: CustomEvent<string | undefined>): void => {
    this.adds = false;
    if (event.detail) goTo(addressOf("people", [event.detail]));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-people": TimmyPeople;
  }
}
