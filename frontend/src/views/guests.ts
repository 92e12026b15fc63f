import { html } from "lit";
import { customElement } from "lit/decorators.js";

import { View } from "../view";

@customElement("timmy-guests")
export class TimmyGuests extends View {
  override render() {
    return html`<h2>${this.say("guests.title")}</h2>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-guests": TimmyGuests;
  }
}
