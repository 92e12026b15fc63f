import { html } from "lit";
import { customElement } from "lit/decorators.js";

import { View } from "../view";

@customElement("timmy-person")
export class TimmyPerson extends View {
  override render() {
    return html`<h2>${this.say("person.title")}</h2>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-person": TimmyPerson;
  }
}
