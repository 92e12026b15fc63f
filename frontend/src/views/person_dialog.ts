import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Home } from "../home";
import { changedKeys, meanwhile } from "../meanwhile";
import { typeable, typed } from "../moments";
import { inWords, whyNoKeys, type Group, type Person } from "../people";
import { shared } from "../style";
import { Work } from "../work";

const ROLES = ["user", "administrator", "super_user"];

/** What somebody is to be. Fires `closed` with the id of the person in `detail`, undefined where nothing was saved. */
@customElement("timmy-person-dialog")
export class TimmyPersonDialog extends LitElement {
  static override styles = [shared];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) groups: readonly Group[] = [];
  @property({ attribute: false }) personId: string | undefined;
  @property({ attribute: false }) person: Person | undefined;
  private readonly work = new Work(this, () => this.home.server);
  /** As it was when the dialog was opened: what changes elsewhere meanwhile does not change what is typed. */
  @state() private known: Person | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    if (!this.hasUpdated) this.known = this.person;
  }

  override render() {
    const { known: before, home, work } = this;
    const say = (key: string, values = {}) => home.texts.say(key, values);
    const { refusal } = work;
    const changes = this.changes();
    return html`<timmy-dialog heading=${before ? before.name : say("people.add")} @closed=${() => this.close()}>
      <form id="form" @submit=${this.save}>
        ${
          refusal &&
          !["name", "groups", "card", "password", "valid_from", "valid_until", "note"].includes(refusal.field ?? "")
            ? html`<p class="error" role="alert">${refusal.message}</p>`
            : nothing
        }
        <label
          >${say("person.name")}<input
            name="name"
            required
            maxlength="64"
            autocomplete="off"
            .value=${before?.name ?? ""}
        /></label>
        ${this.error("name")}
        ${
          refusal?.key === "house_name_in_use"
            ? html`<label class="check"><input type="checkbox" name="same_name" />${say("people.same_name")}</label>`
            : nothing
        }
        <fieldset>
          <legend>${say("person.groups")}</legend>
          ${this.groups.map(
            (it) =>
              html`<label class="check"
                ><input
                  type="checkbox"
                  name="groups"
                  value=${it.group_id}
                  ?checked=${before?.groups.includes(it.group_id)}
                />${it.name}</label
              >`,
          )}
          ${this.groups.length ? nothing : html`<span class="quiet">${say("groups.empty")}</span>`}
        </fieldset>
        ${this.error("groups")} ${before ? nothing : this.secrets()}
        ${before ? this.moment("valid_from", before.valid_from) : nothing}
        ${this.moment("valid_until", before?.valid_until ?? null)} ${before ? this.identity(before) : nothing}
        ${
          before
            ? html`<label
                  >${say("person.note")}<textarea name="note" rows="3" maxlength="500" .value=${before.note}></textarea>
                </label>
                ${this.error("note")}`
            : nothing
        }
      </form>
      ${meanwhile(home, changes, () => (this.known = this.person))}
      ${home.lost === undefined ? nothing : html`<p class="error" slot="actions">${home.lost}</p>`}
      <button slot="actions" @click=${() => this.close()}>${say("action.cancel")}</button>
      <button
        slot="actions"
        class="primary"
        type="submit"
        form="form"
        ?disabled=${work.busy || home.lost !== undefined}
      >
        ${say(changes.length ? "action.overwrite" : before ? "action.save" : "people.add")}
      </button>
    </timmy-dialog>`;
  }

  /** What somebody else has changed since the dialog was opened. */
  private changes(): [string, string][] {
    const { known, person, home } = this;
    if (!known || !person || known === person) return [];
    const names = (ids: readonly string[]) =>
      inWords(
        home,
        this.groups.filter((it) => ids.includes(it.group_id)).map((it) => it.name),
      );
    return changedKeys(known, person, ["name", "groups", "valid_from", "valid_until", "note"]).map((key) => {
      const now = person[key];
      const moment = key === "valid_from" || key === "valid_until";
      const text = Array.isArray(now) ? names(now) : now !== null && moment ? home.format.moment(now) : (now ?? "");
      return [home.texts.say(`person.${key}`), text];
    });
  }

  private secrets(): TemplateResult {
    const say = (key: string) => this.home.texts.say(key);
    const why = whyNoKeys(this.home);
    if (why !== undefined) return html`<p class="quiet">${why}</p>`;
    return html`<label
        >${say("person.card")}<input name="card" inputmode="numeric" pattern="[0-9]*" autocomplete="off" />
        <span class="hint">${say("person.card_hint")}</span></label
      >
      ${this.error("card")}
      <label
        >${say("person.pin")}<input name="password" inputmode="numeric" pattern="[0-9]*" autocomplete="off" />
        <span class="hint">${say("person.pin_hint")}</span></label
      >
      ${this.error("password")}`;
  }

  /** What they may do at the terminals themselves, and who they are in Home Assistant. */
  private identity(before: Person): TemplateResult {
    const { hass, texts } = this.home;
    const known = before.person_entity_id;
    const people = Object.keys(hass.states).filter((id) => id.startsWith("person."));
    const ids = known === null || people.includes(known) ? people : [known, ...people];
    const name = (id: string) => String(hass.states[id]?.attributes["friendly_name"] ?? id);
    return html`<label
        >${texts.say("person.role")}<select name="role">
          ${ROLES.map(
            (it) =>
              html`<option value=${it} ?selected=${it === before.role}>${texts.say(`person.role_${it}`)}</option>`,
          )}
        </select>
        <span class="hint">${texts.say("person.role_hint")}</span></label
      >
      <label
        >${texts.say("person.linked")}<select name="person_entity_id">
          <option value="">${texts.say("word.none")}</option>
          ${ids.map((id) => html`<option value=${id} ?selected=${id === known}>${name(id)}</option>`)}
        </select></label
      >`;
  }

  private moment(name: string, before: string | null): TemplateResult {
    const value = typeable(before, this.home.hass);
    return html`<label
        >${this.home.texts.say(`person.${name}`)}<input type="datetime-local" name=${name} .value=${value} />
        <span class="hint">${this.home.texts.say("person.moment_hint")}</span></label
      >
      ${this.error(name)}`;
  }

  private error(field: string): TemplateResult | typeof nothing {
    const { refusal } = this.work;
    return refusal?.field === field ? html`<p class="error" role="alert">${refusal.message}</p>` : nothing;
  }

  private readonly save = (event: SubmitEvent): void => {
    event.preventDefault();
    if (this.home.lost !== undefined) return;
    const data = this.typed(new FormData(event.target as HTMLFormElement));
    const { personId, home } = this;
    void this.work.run(async () => {
      if (personId === undefined) {
        const { person_id } = await home.server.perform<{ person_id: string }>("add_person", data);
        home.tell(home.texts.say("people.added", { name: String(data["name"]) }));
        this.close(person_id);
      } else {
        if (Object.keys(data).length > 0) await home.server.perform("update_person", { person_id: personId, ...data });
        this.close(personId);
      }
    });
  };

  /** What is another than before; of somebody new, what was given. */
  private typed(form: FormData): Record<string, unknown> {
    const { known: before, home } = this;
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const groups = form.getAll("groups").map(String).sort();
    const data: Record<string, unknown> = {};
    if (text("name") !== before?.name) data["name"] = text("name");
    if (groups.join() !== [...(before?.groups ?? [])].sort().join()) data["groups"] = groups;
    for (const name of ["valid_from", "valid_until"] as const) {
      if (form.has(name) && text(name) !== typeable(before?.[name] ?? null, home.hass))
        data[name] = typed(text(name), home.hass);
    }
    for (const name of ["card", "password"]) if (text(name)) data[name] = text(name);
    if (form.has("note") && text("note") !== before?.note) data["note"] = text("note");
    if (form.has("role") && text("role") !== before?.role) data["role"] = text("role");
    if (form.has("person_entity_id") && text("person_entity_id") !== (before?.person_entity_id ?? ""))
      data["person_entity_id"] = text("person_entity_id") || null;
    if (form.has("same_name")) data["same_name"] = true;
    return data;
  }

  private close(personId?: string): void {
    this.dispatchEvent(new CustomEvent<string | undefined>("closed", { detail: personId }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-person-dialog": TimmyPersonDialog;
  }
}
