import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { Followed } from "../followed";
import { goTo } from "../home_assistant";
import { found, peopleWith, type Groups, type People, type PeopleNews, type Person } from "../people";
import { addressOf } from "../place";
import { shared } from "../style";
import { View, follow } from "../view";
import "./person_dialog";
import "./person_row";

const STATES = ["valid", "not_yet", "expired", "disabled", "attention"];

/** Everybody of the house. */
@customElement("timmy-people")
export class TimmyPeople extends View {
  static override styles = [
    shared,
    css`
      timmy-list {
        height: max(320px, calc(100dvh - 300px));
        border: 1px solid var(--timmy-line);
        border-radius: 12px;
        overflow: hidden;
      }
      .bar label {
        flex: 1 1 150px;
        margin: 0;
      }
    `,
  ];

  @state() private adds = false;
  private hasLooked = false;
  private readonly people = new Followed<People, PeopleNews>(
    this,
    () => this.home.server,
    "people",
    () => ({}),
    peopleWith,
  );
  private readonly groups = new Followed<Groups>(
    this,
    () => this.home.server,
    "groups",
    () => ({}),
    (_, news) => news,
  );

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
      ${this.differences()} ${this.content()}
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
    if (away) return html`<p class="error" role="alert">${away.message}</p>`;
    if (!value) return this.loading();
    if (value.whole && value.byId.size === 0) return html`<p class="empty">${this.say("people.empty")}</p>`;
    const { text = "", group = "", state = "" } = this.place.query;
    const shown = found(value.byId, { text, group, state }, Date.now());
    const names = new Map(this.groups.value?.groups.map((it) => [it.group_id, it.name]));
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
      <p class="quiet" role="status">
        ${shown.length ? this.home.texts.count("people.count", shown.length) : this.say("people.nobody")}
      </p>
      ${
        shown.length
          ? html`<timmy-list
              label=${this.say("people.title")}
              .items=${shown}
              .key=${([id]: [string, Person]) => id}
              .row=${([id, person]: [string, Person]) =>
                html`<timmy-person-row
                  .home=${this.home}
                  .personId=${id}
                  .person=${person}
                  .groups=${names}
                ></timmy-person-row>`}
            ></timmy-list>`
          : nothing
      }
    `;
  }

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
