import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Home } from "../home";
import { changedKeys, meanwhile } from "../meanwhile";
import { doorName } from "../overview";
import { doorsInWords, hoursInWords, type Group, type GroupDoor } from "../people";
import { shared } from "../style";
import { Work } from "../work";

interface Draft {
  /** Device ids. */
  doors: ReadonlySet<string>;
  /** A schedule helper; empty for always. */
  schedule: string;
}

/** A group: its name, and at which hours which doors are its people's. Fires `closed`. */
@customElement("timmy-group-dialog")
export class TimmyGroupDialog extends LitElement {
  static override styles = [shared];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) doors: readonly GroupDoor[] = [];
  @property({ attribute: false }) group: Group | undefined;
  @state() private rules: readonly Draft[] = [];
  /** Whether hours or a door of it are gone: the rules cannot be written as they are, and would be others unsaid. */
  private lost = false;
  /** As it was when the dialog was opened: what changes elsewhere meanwhile does not change what is chosen. */
  @state() private known: Group | undefined;
  private readonly work = new Work(this, () => this.home.server);

  override connectedCallback(): void {
    super.connectedCallback();
    if (!this.hasUpdated) this.begin();
  }

  private begin(): void {
    this.known = this.group;
    const isKnown = (serial: string, number: number) =>
      this.doors.some((it) => it.serial === serial && it.number === number);
    this.lost = (this.group?.rules ?? []).some(
      (rule) =>
        (!rule.always && rule.schedule === null) ||
        Object.entries(rule.doors).some(([serial, numbers]) => numbers.some((it) => !isKnown(serial, it))),
    );
    this.rules = this.group
      ? this.group.rules.map((rule) => ({
          doors: new Set(
            this.doors.filter((it) => rule.doors[it.serial]?.includes(it.number)).map((it) => it.device_id),
          ),
          schedule: rule.schedule ?? "",
        }))
      : [{ doors: new Set(), schedule: "" }];
  }

  override render() {
    const { home, work, known } = this;
    const say = (key: string) => home.texts.say(key);
    const changes = this.changes();
    const incomplete = !this.lost && this.rules.some((rule) => rule.doors.size === 0);
    return html`<timmy-dialog heading=${known?.name ?? say("groups.add")} @closed=${() => this.close()}>
      <form id="form" @submit=${this.save}>
        <label
          >${say("person.name")}<input
            name="name"
            required
            maxlength="64"
            autocomplete="off"
            .value=${known?.name ?? ""}
        /></label>
        ${work.refusal ? html`<p class="error" role="alert">${work.refusal.message}</p>` : nothing}
        ${this.lost ? html`<p class="error">${say("groups.lost")}</p>` : this.rules.map((it, index) => this.rule(it, index))}
        ${
          this.lost
            ? nothing
            : html`<button
                type="button"
                @click=${() => (this.rules = [...this.rules, { doors: new Set(), schedule: "" }])}
              >
                ${say("groups.add_rule")}
              </button>`
        }
        <a class="hint" href="/config/helpers" target="_blank" rel="noopener">${say("groups.hours_hint")}</a>
      </form>
      ${meanwhile(home, changes, () => this.begin())}
      ${home.lost === undefined ? nothing : html`<p class="error" slot="actions">${home.lost}</p>`}
      <button slot="actions" @click=${() => this.close()}>${say("action.cancel")}</button>
      <button
        slot="actions"
        class="primary"
        type="submit"
        form="form"
        ?disabled=${work.busy || home.lost !== undefined || incomplete}
      >
        ${say(changes.length ? "action.overwrite" : "action.save")}
      </button>
    </timmy-dialog>`;
  }

  /** What somebody else has changed since the dialog was opened. */
  private changes(): [string, string][] {
    const { known, group, home } = this;
    if (!known || !group || known === group) return [];
    return changedKeys(known, group, ["name", "rules"]).map((key) =>
      key === "name"
        ? [home.texts.say("person.name"), group.name]
        : [
            home.texts.say("groups.doors"),
            group.rules.map((it) => `${doorsInWords(home, it)}: ${hoursInWords(home, it)}`).join("; "),
          ],
    );
  }

  private rule(rule: Draft, index: number): TemplateResult {
    const { home } = this;
    const say = (key: string) => home.texts.say(key);
    const schedules = Object.values(home.hass.states).filter((it) => it.entity_id.startsWith("schedule."));
    const isGone = rule.schedule !== "" && !schedules.some((it) => it.entity_id === rule.schedule);
    return html`<fieldset>
      <legend>${say("groups.doors")}</legend>
      ${this.doors.map(
        (it) =>
          html`<label class="check"
            ><input
              type="checkbox"
              .checked=${rule.doors.has(it.device_id)}
              @change=${(event: Event) => this.choose(index, it.device_id, (event.target as HTMLInputElement).checked)}
            />${this.doorName(it)}</label
          >`,
      )}
      ${this.doors.length ? nothing : html`<p class="quiet">${say("groups.no_terminals")}</p>`}
      <label
        >${say("groups.hours")}<select
          @change=${(event: Event) => this.change(index, { schedule: (event.target as HTMLSelectElement).value })}
        >
          <option value="" ?selected=${rule.schedule === ""}>${say("word.always")}</option>
          ${isGone ? html`<option value=${rule.schedule} selected>${rule.schedule}</option>` : nothing}
          ${schedules.map(
            (it) =>
              html`<option value=${it.entity_id} ?selected=${it.entity_id === rule.schedule}>
                ${String(it.attributes["friendly_name"] ?? it.entity_id)}
              </option>`,
          )}
        </select></label
      >
      <button
        type="button"
        class="plain"
        @click=${() => (this.rules = this.rules.filter((_, other) => other !== index))}
      >
        ${say("action.remove")}
      </button>
    </fieldset>`;
  }

  private doorName(door: GroupDoor): string {
    const terminal = this.home.overview.terminals.get(door.serial);
    const known = terminal?.doors.find((it) => it.number === door.number);
    return terminal && known ? doorName(terminal, known) : `${door.serial} ${door.number}`;
  }

  private choose(index: number, deviceId: string, chosen: boolean): void {
    const doors = new Set(this.rules[index]?.doors);
    if (chosen) doors.add(deviceId);
    else doors.delete(deviceId);
    this.change(index, { doors });
  }

  private change(index: number, changes: Partial<Draft>): void {
    this.rules = this.rules.map((rule, other) => (other === index ? { ...rule, ...changes } : rule));
  }

  private readonly save = (event: SubmitEvent): void => {
    event.preventDefault();
    const { group, home } = this;
    if (home.lost !== undefined) return;
    const name = String(new FormData(event.target as HTMLFormElement).get("name") ?? "").trim();
    const rules = this.rules.map((it) => ({
      device_id: [...it.doors],
      ...(it.schedule ? { schedule: it.schedule } : {}),
    }));
    void this.work.run(async () => {
      await home.server.perform("set_access_group", {
        ...(group ? { group_id: group.group_id } : {}),
        name,
        ...(this.lost ? {} : { rules }),
      });
      this.close();
    });
  };

  private close(): void {
    this.dispatchEvent(new CustomEvent("closed"));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-group-dialog": TimmyGroupDialog;
  }
}
