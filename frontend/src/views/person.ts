import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { credentialName } from "../credentials";
import { Followed, replaced } from "../followed";
import { goTo } from "../home_assistant";
import {
  STANDINGS,
  VALIDITIES,
  doorsInWords,
  hoursInWords,
  inWords,
  observedStays,
  peopleWith,
  terminalName,
  validityOf,
  whyNoKeys,
  type Groups,
  type Person,
  type Placed,
} from "../people";
import { addressOf } from "../place";
import { States } from "../states";
import { shared } from "../style";
import { View, follow } from "../view";
import { Work } from "../work";
import "./key_dialog";
import type { Key } from "./key_dialog";
import "./latest";
import "./person_dialog";
import { state as shape } from "./person_row";

/** Everything about somebody. */
@customElement("timmy-person")
export class TimmyPerson extends View {
  static override styles = [
    shared,
    css`
      dl {
        margin: 0;
      }
      dt {
        color: var(--timmy-quiet);
        font-size: 12px;
      }
      dd {
        margin: 0 0 8px;
        white-space: pre-wrap;
      }
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      li {
        padding: 6px 0;
      }
      .state {
        white-space: normal;
      }
      .picture {
        width: 64px;
        height: 64px;
        border-radius: 50%;
        object-fit: cover;
        flex: none;
      }
      .latest {
        margin-top: 16px;
      }
    `,
  ];

  @state() private open: "edit" | "remove" | Key | undefined;
  private readonly work = new Work(this, () => this.home.server);
  private personId = "";
  private hasLooked = false;
  private readonly states = new States(
    this,
    () => this.home.hass.connection,
    () => [this.person?.person_entity_id ?? ""].filter(Boolean),
  );
  private readonly people = new Followed(this, "people", peopleWith, () => {
    this.personId = this.place.rest[0] ?? "";
    return { person_id: this.personId };
  });
  private readonly groups = new Followed<Groups>(this, "groups", replaced);

  private get person(): Person | undefined {
    return this.people.value?.byId.get(this.personId);
  }

  override updated(): void {
    const heading = this.hasLooked ? null : this.renderRoot.querySelector<HTMLElement>("h2");
    if (!heading) return;
    this.hasLooked = true;
    // Where a link or the search of the page before has led here, the keyboard goes on from here.
    if (document.activeElement === document.body) heading.focus({ preventScroll: true });
  }

  override willUpdate(): void {
    if (this.hasUpdated && this.place.rest[0] !== this.personId) {
      this.open = undefined;
      this.people.again();
    }
  }

  override render() {
    const { away, value } = this.people;
    const { person } = this;
    const back = html`<p>${this.link(addressOf("people"), html`← ${this.say("people.title")}`)}</p>`;
    if (!value) return html`${back}${away ? this.refusedWith(away) : this.loading()}`;
    if (!person)
      return html`${back}
        <p class="empty">${this.say("person.unknown")}</p>`;
    return html`${back}${this.head(person)}
      <div class="cards">${this.access(person)} ${this.credentials(person)} ${this.terminals(person)}</div>
      <timmy-latest class="latest" .home=${this.home} .number=${person.enroll_id}></timmy-latest>
      ${this.dialog(person)}`;
  }

  private head(person: Person): TemplateResult {
    const validity = validityOf(person, Date.now());
    const [sign, tone] = VALIDITIES[validity];
    const no = this.work.busy || this.whyNot !== undefined;
    return html`<div class="bar">
        ${this.picture(person)}
        <h2 tabindex="-1"><bdi>${person.name}</bdi></h2>
        <span class="grow">${shape(sign, tone, this.say(`people.${validity}`))}</span>
        <button ?disabled=${no} @click=${() => (this.open = "edit")}>${this.say("action.edit")}</button>
        <button ?disabled=${no} @click=${() => this.enable(person, !person.enabled)}>
          ${this.say(person.enabled ? "person.disable" : "person.enable")}
        </button>
        <button class="danger" ?disabled=${no} @click=${() => (this.open = "remove")}>
          ${this.say("action.remove")}
        </button>
      </div>
      ${this.error()}`;
  }

  /** Who they are in Home Assistant: the picture leads there. */
  private picture(person: Person): TemplateResult | typeof nothing {
    const id = person.person_entity_id;
    const picture = this.states.of(id)?.attributes["entity_picture"];
    if (id === null || typeof picture !== "string") return nothing;
    return html`<img class="picture" src=${this.home.hass.hassUrl(picture)} alt="" />`;
  }

  private linked(person: Person): TemplateResult | typeof nothing {
    const id = person.person_entity_id;
    if (id === null) return nothing;
    const name = this.states.of(id)?.attributes["friendly_name"];
    const address = `/history?${new URLSearchParams({ entity_id: id }).toString()}`;
    return html`<dt>${this.say("person.linked")}</dt>
      <dd><a href=${address} @click=${follow}>${typeof name === "string" ? name : id}</a></dd>`;
  }

  private error(): TemplateResult | typeof nothing {
    const { refusal } = this.work;
    return refusal ? html`<p class="error" role="alert">${refusal.message}</p>` : nothing;
  }

  private access(person: Person): TemplateResult {
    const { format } = this.home;
    const groups = (this.groups.value?.groups ?? []).filter((it) => person.groups.includes(it.group_id));
    return html`<section class="card">
      <h3>${this.say("person.access")}</h3>
      ${
        person.groups.length === 0
          ? html`<p>${this.say("people.no_groups")}</p>`
          : html`<ul>
              ${groups.map(
                (group) =>
                  html`<li>
                    <strong>${group.name}</strong>
                    ${group.rules.map(
                      (rule) => html`<div>${doorsInWords(this.home, rule)}, ${hoursInWords(this.home, rule)}</div>`,
                    )}
                  </li>`,
              )}
            </ul>`
      }
      <dl>
        ${person.valid_from ? this.pair("person.valid_from", format.moment(person.valid_from)) : nothing}
        ${person.valid_until ? this.pair("person.valid_until", format.moment(person.valid_until)) : nothing}
        ${this.pair("person.number", String(person.enroll_id))}
        ${person.role ? this.pair("person.role", this.say(`person.role_${person.role}`)) : nothing}
        ${this.linked(person)} ${person.note ? this.pair("person.note", person.note) : nothing}
      </dl>
    </section>`;
  }

  private pair(key: string, value: string): TemplateResult {
    return html`<dt>${this.say(key)}</dt>
      <dd>${value}</dd>`;
  }

  private credentials(person: Person): TemplateResult {
    const why = whyNoKeys(this.home);
    const has = (kind: string) => person.credentials.some((it) => it.kind === kind);
    const no = this.work.busy || this.whyNot !== undefined;
    return html`<section class="card">
      <h3>${this.say("person.credentials")}</h3>
      ${person.credentials.length ? nothing : html`<p>${this.say("person.no_credentials")}</p>`}
      <ul>
        ${person.credentials.map(
          ({ kind, terminals }) =>
            html`<li>
              <div>${credentialName(this.home, kind)}</div>
              <div class="quiet">
                ${
                  terminals.length
                    ? inWords(
                        this.home,
                        terminals.map((it) => terminalName(this.home, it)),
                      )
                    : this.say("person.nowhere_yet")
                }
              </div>
            </li>`,
        )}
      </ul>
      ${why === undefined ? nothing : html`<p class="quiet">${why}</p>`}
      <div class="actions">
        <a class="button" href=${addressOf("enrol", [this.personId])} @click=${follow}>${this.say("enrol.begin")}</a>
        ${
          has("card")
            ? html`<button class="danger" ?disabled=${no} @click=${() => (this.open = "lost")}>
                ${this.say("person.lost")}
              </button>`
            : why !== undefined
              ? nothing
              : html`<button ?disabled=${no} @click=${() => (this.open = "card")}>
                  ${this.say("person.give_card")}
                </button>`
        }
        ${
          why === undefined
            ? html`<button ?disabled=${no} @click=${() => (this.open = "password")}>
                ${this.say("person.set_pin")}
              </button>`
            : nothing
        }
        ${
          has("password")
            ? html`<button ?disabled=${no} @click=${() => this.takePin(person)}>${this.say("person.take_pin")}</button>`
            : nothing
        }
      </div>
    </section>`;
  }

  private terminals(person: Person): TemplateResult {
    const placements = Object.entries(person.placements);
    return html`<section class="card">
      <h3>${this.say("person.terminals")}</h3>
      ${placements.length ? nothing : html`<p>${this.say("person.no_terminals")}</p>`}
      <ul>
        ${placements.map(
          ([serial, placed]) =>
            html`<li>
              <div>${terminalName(this.home, serial)}</div>
              ${this.standing(serial, placed)}
            </li>`,
        )}
      </ul>
      ${this.observed()}
    </section>`;
  }

  private observed(): TemplateResult | typeof nothing {
    const stays = observedStays(this.home);
    return stays === undefined ? nothing : html`<p class="hint">${stays}</p>`;
  }

  private standing(serial: string, [standing, reason]: Placed): TemplateResult {
    const [sign, tone] = STANDINGS[standing];
    return html`${shape(sign, tone, this.say(`people.${standing}`))}
    ${reason ? html`<div class="hint">${this.why(serial, standing, reason)}</div>` : nothing}`;
  }

  private why(serial: string, standing: string, reason: string): string {
    if (standing === "differs") return this.say(`person.why_${reason}`);
    const terminal = terminalName(this.home, serial);
    const refused = this.home.texts.error(`refused_${reason}`, { terminal });
    return refused || this.say("person.why_refused");
  }

  private dialog(person: Person): TemplateResult | typeof nothing {
    const close = () => {
      this.open = undefined;
      this.work.forget();
    };
    switch (this.open) {
      case undefined:
        return nothing;
      case "edit":
        return html`<timmy-person-dialog
          .home=${this.home}
          .groups=${this.groups.value?.groups ?? []}
          .personId=${this.personId}
          .person=${person}
          @closed=${close}
        ></timmy-person-dialog>`;
      case "remove":
        return html`<timmy-dialog heading=${this.say("action.remove")} light @closed=${close}>
          <p>${this.say("person.remove_ask", { name: person.name })}</p>
          ${this.observed()} ${this.error()}
          <button slot="actions" @click=${close}>${this.say("action.cancel")}</button>
          <button
            slot="actions"
            class="primary danger"
            ?disabled=${this.work.busy || this.whyNot !== undefined}
            @click=${() => this.leave(person)}
          >
            ${this.say("action.remove")}
          </button>
        </timmy-dialog>`;
      default:
        return html`<timmy-key-dialog
          .home=${this.home}
          .personId=${this.personId}
          .name=${person.name}
          .key=${this.open}
          @closed=${close}
        ></timmy-key-dialog>`;
    }
  }

  private enable(person: Person, enabled: boolean): void {
    const { name } = person;
    void this.work.run(async () => {
      await this.home.server.perform("update_person", { person_id: this.personId, enabled });
      this.home.tell(this.say(enabled ? "person.enabled_done" : "person.disabled_done", { name }));
    });
  }

  private takePin(person: Person): void {
    void this.work.run(async () => {
      await this.home.server.perform("update_person", { person_id: this.personId, password: null });
      this.home.tell(this.say("person.saved", { name: person.name }));
    });
  }

  private leave(person: Person): void {
    void this.work.run(async () => {
      await this.home.server.perform("remove_person", { person_id: this.personId });
      this.home.tell(this.say("person.removed", { name: person.name }));
      this.open = undefined;
      goTo(addressOf("people"), { replace: true });
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-person": TimmyPerson;
  }
}
