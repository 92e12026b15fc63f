import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { Followed, replaced } from "../followed";
import { found, peopleWith, type Groups, type People, type Person } from "../people";
import { addressOf } from "../place";
import { View } from "../view";
import "./person_row";

/** Who is to be recorded. */
@customElement("timmy-enrol-who")
export class TimmyEnrolWho extends View {
  @state() private text = "";
  private readonly people = new Followed(this, "people", peopleWith);
  private readonly groups = new Followed<Groups>(this, "groups", replaced);

  override render() {
    const { away, value } = this.people;
    return html`<p>${this.link(addressOf("people"), html`← ${this.say("people.title")}`)}</p>
      <h2>${this.say("enrol.who")}</h2>
      ${this.refusedWith(away)} ${value ? this.list(value) : away ? nothing : this.loading()}`;
  }

  private list(people: People) {
    if (people.whole && people.byId.size === 0)
      return html`<div class="empty">
        <p>${this.say("people.empty")}</p>
        <p>${this.link(addressOf("groups"), this.say("groups.title"))}</p>
      </div>`;
    const names = new Map(this.groups.value?.groups.map((it) => [it.group_id, it.name]));
    const shown = found(people.byId, { text: this.text, group: "", state: "" }, Date.now());
    return html`<label
        >${this.say("people.search")}<input
          type="search"
          .value=${this.text}
          @input=${(event: Event) => (this.text = (event.target as HTMLInputElement).value)}
      /></label>
      <p class="quiet" role="status">
        ${shown.length ? this.home.texts.count("people.count", shown.length) : this.say("people.nobody")}
      </p>
      ${
        shown.length
          ? html`<timmy-list
              label=${this.say("people.title")}
              alike
              .items=${shown}
              .key=${([id]: [string, Person]) => id}
              .row=${([id, person]: [string, Person]) =>
                html`<timmy-person-row
                  .home=${this.home}
                  .personId=${id}
                  .person=${person}
                  .groups=${names}
                  view="enrol"
                ></timmy-person-row>`}
            ></timmy-list>`
          : ""
      }`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-enrol-who": TimmyEnrolWho;
  }
}
