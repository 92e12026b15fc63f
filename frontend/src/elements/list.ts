import { Virtualizer, elementScroll, observeElementOffset, observeElementRect } from "@tanstack/virtual-core";
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { shared } from "../style";

const OVERSCAN = 8;
const ROW_HEIGHT = 56;

/**
 * A long list of which only what is seen is drawn. `row` draws one, `key` tells them apart.
 *
 * `end` is fired when its end comes into sight, for who has more. Rows may be of any height.
 */
@customElement("timmy-list")
export class TimmyList<Item> extends LitElement {
  static override styles = [
    shared,
    css`
      .frame {
        overflow: auto;
        scrollbar-gutter: stable;
        background: var(--timmy-card);
        height: 100%;
        contain: strict;
      }
      .all {
        position: relative;
        width: 100%;
      }
      .row {
        position: absolute;
        inset: 0 0 auto;
      }
      .row > * {
        /* A row is measured before what it is made of has been drawn. */
        min-height: 56px;
      }
    `,
  ];

  @property({ attribute: false }) items: readonly Item[] = [];
  @property({ attribute: false }) row: (item: Item, index: number) => TemplateResult | typeof nothing = () => nothing;
  @property({ attribute: false }) key: (item: Item) => string = String;
  @property() label = "";
  @query(".frame") private frame!: HTMLElement;
  private virtualizer: Virtualizer<HTMLElement, HTMLElement> | undefined;
  private unmount: (() => void) | undefined;

  override firstUpdated(): void {
    this.mount();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.mount();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unmount?.();
    this.unmount = undefined;
    this.virtualizer = undefined;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("items") && this.virtualizer) {
      this.virtualizer.setOptions(this.options());
    }
  }

  override updated(): void {
    for (const row of this.renderRoot.querySelectorAll<HTMLElement>(".row")) this.virtualizer?.measureElement(row);
    // No larger than what is in it, with a line around.
    if (this.virtualizer) this.style.maxHeight = `${Math.max(ROW_HEIGHT, this.virtualizer.getTotalSize()) + 2}px`;
    const last = this.virtualizer?.getVirtualItems().at(-1);
    if (last && last.index >= this.items.length - 1) this.dispatchEvent(new CustomEvent("end"));
  }

  override render() {
    const rows = this.virtualizer?.getVirtualItems() ?? [];
    return html`<div class="frame" tabindex="0" role="list" aria-label=${this.label}>
      <div class="all" role="presentation" style="height:${this.virtualizer?.getTotalSize() ?? 0}px">
        ${repeat(
          rows,
          (row) => row.key,
          (row) => {
            const item = this.items[row.index];
            return item === undefined
              ? nothing
              : html`<div
                  class="row"
                  role="listitem"
                  data-index=${row.index}
                  style="transform:translateY(${row.start}px)"
                  aria-setsize=${this.items.length}
                  aria-posinset=${row.index + 1}
                >
                  ${this.row(item, row.index)}
                </div>`;
          },
        )}
      </div>
    </div>`;
  }

  private mount(): void {
    this.virtualizer = new Virtualizer(this.options());
    this.unmount = this.virtualizer._didMount();
    this.virtualizer._willUpdate();
    this.requestUpdate();
  }

  private options() {
    return {
      count: this.items.length,
      getScrollElement: () => this.frame,
      estimateSize: () => ROW_HEIGHT,
      getItemKey: (index: number) => {
        const item = this.items[index];
        return item === undefined ? index : this.key(item);
      },
      overscan: OVERSCAN,
      scrollToFn: elementScroll,
      observeElementOffset,
      observeElementRect,
      onChange: () => this.requestUpdate(),
    };
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-list": TimmyList<unknown>;
  }
}
