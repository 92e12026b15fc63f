import { html } from "lit";
import { customElement } from "lit/decorators.js";

import { View } from "../view";

@customElement("timmy-people")
export class TimmyPeople extends View {
  override render() {
    return html`<h2>${this.say("people.title")}</h2>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-people": TimmyPeople;
  }
}
