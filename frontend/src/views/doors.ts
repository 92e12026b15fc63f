import { html } from "lit";
import { customElement } from "lit/decorators.js";

import { View } from "../view";

@customElement("timmy-doors")
export class TimmyDoors extends View {
  override render() {
    return html`<h2>${this.say("doors.title")}</h2>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-doors": TimmyDoors;
  }
}
