import { html } from "lit";
import { customElement } from "lit/decorators.js";

import { View } from "../view";

@customElement("timmy-groups")
export class TimmyGroups extends View {
  override render() {
    return html`<h2>${this.say("groups.title")}</h2>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-groups": TimmyGroups;
  }
}
