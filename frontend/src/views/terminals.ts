import { html } from "lit";
import { customElement } from "lit/decorators.js";

import { View } from "../view";

@customElement("timmy-terminals")
export class TimmyTerminals extends View {
  override render() {
    return html`<h2>${this.say("terminals.title")}</h2>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-terminals": TimmyTerminals;
  }
}
