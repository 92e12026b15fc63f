import { LitElement, css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Home } from "../home";
import type { Group, Person } from "../people";
import { shared } from "../style";
import { Work } from "../work";

export type Deed = "disable" | "enable" | "remove" | "to_group" | "from_group";

/** Texts of what may be done with several people at once. */
export const DEEDS: Readonly<Record<Deed, string>> = {
  disable: "person.disable",
  enable: "person.enable",
  to_group: "people.to_group",
  from_group: "people.from_group",
  remove: "action.remove",
};
const SHOWN_NAMES = 8;

/**
 * Ask once, and then do it for one person after the other by the actions.
 *
 * Fires `closed` with the ids of those for whom it was done in `detail`, undefined where it was not begun. Whoever was
 * refused is named with the reason, and the others are done all the same.
 */
@customElement("timmy-several-dialog")
export class TimmySeveralDialog extends LitElement {
  static override styles = [
    shared,
    css`
      p,
      li {
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  @property() deed: Deed = "disable";
  /** Who is meant, as they were when this was opened. */
  @property({ attribute: false }) people: readonly (readonly [string, Person])[] = [];
  @property({ attribute: false }) groups: readonly Group[] = [];
  @state() private group = "";
  @state() private done: readonly string[] = [];
  @state() private refused: readonly (readonly [string, string])[] = [];
  @state() private isOver = false;
  private readonly work = new Work(this, () => this.home.server);

  override render() {
    const { deed, home, people, work } = this;
    const say = (key: string, values = {}) => home.texts.say(key, values);
    const many = home.texts.count("people.count", people.length);
    const names = people.slice(0, SHOWN_NAMES).map(([, it]) => it.name);
    const needsGroup = deed === "to_group" || deed === "from_group";
    const why = home.lost;
    return html`<timmy-dialog heading="${say(DEEDS[deed])}: ${many}" @closed=${this.close}>
      <p class="quiet">${names.join(", ")}${people.length > SHOWN_NAMES ? " …" : ""}</p>
      ${deed === "remove" ? html`<p>${say("people.remove_hint")}</p>` : nothing}
      ${
        needsGroup
          ? html`<label
              >${say("person.groups")}<select
                ?disabled=${work.busy || this.isOver}
                @change=${(event: Event) => (this.group = (event.target as HTMLSelectElement).value)}
              >
                <option value="" ?selected=${this.group === ""}>–</option>
                ${this.groups.map(
                  (it) =>
                    html`<option value=${it.group_id} ?selected=${it.group_id === this.group}>${it.name}</option>`,
                )}
              </select></label
            >`
          : nothing
      }
      <p role="status">
        ${
          work.busy || this.isOver
            ? say("people.progress", {
                done: home.format.number(this.done.length),
                count: home.format.number(people.length),
              })
            : nothing
        }
      </p>
      ${
        this.refused.length
          ? html`<ul class="error" role="alert">
              ${this.refused.map(([name, message]) => html`<li><bdi>${name}</bdi>: ${message}</li>`)}
            </ul>`
          : nothing
      }
      ${why ? html`<p class="error" role="alert">${why}</p>` : nothing}
      <button slot="actions" ?disabled=${work.busy} @click=${this.close}>
        ${say(this.isOver ? "action.close" : "action.cancel")}
      </button>
      ${
        this.isOver
          ? nothing
          : html`<button
              slot="actions"
              class="primary ${deed === "remove" || deed === "disable" ? "danger" : ""}"
              ?disabled=${work.busy || why !== undefined || (needsGroup && !this.group)}
              @click=${this.confirm}
            >
              ${say(DEEDS[deed])}
            </button>`
      }
    </timmy-dialog>`;
  }

  private readonly confirm = (): void => {
    const { home, people } = this;
    void this.work.run(async () => {
      for (const [id, person] of people) {
        try {
          await this.perform(id, person);
          this.done = [...this.done, id];
        } catch (err) {
          const refusal = home.server.refusal(err);
          this.refused = [...this.refused, [person.name, refusal.message]];
          // Without a connection nobody else can be told of either.
          if (refusal.code === "connection") break;
        }
      }
      this.isOver = true;
      home.tell(home.texts.say("people.done", { people: home.texts.count("people.count", this.done.length) }));
      if (this.refused.length === 0) this.dispatchEvent(new CustomEvent("closed", { detail: this.done }));
    });
  };

  private async perform(person_id: string, person: Person): Promise<void> {
    const { server } = this.home;
    if (this.deed === "remove") {
      await server.perform("remove_person", { person_id });
    } else if (this.deed === "enable" || this.deed === "disable") {
      await server.perform("update_person", { person_id, enabled: this.deed === "enable" });
    } else {
      const groups = new Set(person.groups);
      if (groups.has(this.group) === (this.deed === "to_group")) return;
      if (this.deed === "to_group") groups.add(this.group);
      else groups.delete(this.group);
      await server.perform("update_person", { person_id, groups: [...groups] });
    }
  }

  private readonly close = (): void => {
    if (this.work.busy) return;
    this.dispatchEvent(new CustomEvent("closed", { detail: this.isOver ? this.done : undefined }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-several-dialog": TimmySeveralDialog;
  }
}
