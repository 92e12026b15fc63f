import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { Followed, replaced } from "../followed";
import { edit, editorOf } from "../home_assistant";
import { doorsInWords, hoursInWords, type Group, type Groups, type Rule } from "../people";
import { addressOf } from "../place";
import { shared } from "../style";
import { View } from "../view";
import { Work } from "../work";
import "./group_dialog";

/** Who may pass when: groups with their doors and hours. */
@customElement("timmy-groups")
export class TimmyGroups extends View {
  static override styles = [
    shared,
    css`
      ul {
        margin: 0 0 8px;
        padding-inline-start: 20px;
      }
    `,
  ];

  @state() private edited: Group | "new" | undefined;
  @state() private removed: Group | undefined;
  private readonly work = new Work(this, () => this.home.server);
  private readonly groups = new Followed<Groups>(this, "groups", replaced);

  override render() {
    const { away, value } = this.groups;
    return html`
      <div class="bar">
        <h2 class="grow">${this.say("groups.title")}</h2>
        <button class="primary" ?disabled=${this.whyNot !== undefined || !value} @click=${() => (this.edited = "new")}>
          ${this.say("groups.add")}
        </button>
      </div>
      ${this.refusedWith(away)} ${value ? this.list(value) : away ? nothing : this.loading()} ${this.dialog()}
    `;
  }

  private list({ groups }: Groups): TemplateResult {
    if (groups.length === 0) return html`<p class="empty">${this.say("groups.empty")}</p>`;
    const no = this.work.busy || this.whyNot !== undefined;
    return html`<div class="cards">
      ${groups.map(
        (group) =>
          html`<section class="card">
            <h3>${group.name}</h3>
            ${
              group.rules.length
                ? html`<ul>
                    ${group.rules.map(
                      (it) =>
                        html`<li>
                          ${doorsInWords(this.home, it)}: ${hoursInWords(this.home, it)} ${this.editor(it)}
                        </li>`,
                    )}
                  </ul>`
                : html`<p class="quiet">${this.say("groups.no_doors")}</p>`
            }
            ${this.link(
              addressOf("people", [], { group: group.group_id }),
              this.home.texts.count("people.count", group.people),
            )}
            <div class="actions">
              <button ?disabled=${no} @click=${() => (this.edited = group)}>
                ${this.say("action.edit")}<span class="hidden">${group.name}</span>
              </button>
              <button class="danger" ?disabled=${no} @click=${() => (this.removed = group)}>
                ${this.say("action.remove")}<span class="hidden">${group.name}</span>
              </button>
            </div>
          </section>`,
      )}
    </div>`;
  }

  /** The way to where Home Assistant has the hours of a rule changed. */
  private editor({ schedule }: Rule): TemplateResult | typeof nothing {
    if (schedule === null) return nothing;
    const name = String(this.home.hass.states[schedule]?.attributes["friendly_name"] ?? schedule);
    return html`<a href=${editorOf(schedule)} @click=${(event: MouseEvent) => edit(schedule, event)}
      >${this.say("groups.edit_hours", { name })}</a
    >`;
  }

  private dialog(): TemplateResult | typeof nothing {
    const { edited, removed, work } = this;
    if (edited) {
      return html`<timmy-group-dialog
        .home=${this.home}
        .doors=${this.groups.value?.doors ?? []}
        .group=${edited === "new" ? undefined : this.now(edited)}
        @closed=${() => (this.edited = undefined)}
      ></timmy-group-dialog>`;
    }
    if (!removed) return nothing;
    const close = () => {
      work.forget();
      this.removed = undefined;
    };
    return html`<timmy-dialog heading=${this.say("action.remove")} light @closed=${close}>
      <p>${this.say("groups.remove_ask", { name: removed.name })}</p>
      ${work.refusal ? html`<p class="error" role="alert">${work.refusal.message}</p>` : nothing}
      <button slot="actions" @click=${close}>${this.say("action.cancel")}</button>
      <button
        slot="actions"
        class="primary danger"
        ?disabled=${work.busy || this.whyNot !== undefined}
        @click=${() => this.leave(removed)}
      >
        ${this.say("action.remove")}
      </button>
    </timmy-dialog>`;
  }

  /** A group as it is by now; one that is gone as it was. */
  private now(group: Group): Group {
    return this.groups.value?.groups.find((it) => it.group_id === group.group_id) ?? group;
  }

  private leave(group: Group): void {
    void this.work.run(async () => {
      await this.home.server.perform("remove_access_group", { group_id: group.group_id });
      this.removed = undefined;
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-groups": TimmyGroups;
  }
}
