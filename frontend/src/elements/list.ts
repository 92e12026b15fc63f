import {
  Virtualizer,
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type Range,
} from "@tanstack/virtual-core";
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { DrawnRows, type Key } from "../drawn_rows";
import { shared } from "../style";

const OVERSCAN = 8;
const ROW_HEIGHT = 56;

/**
 * A long list of which only what is seen is drawn. `row` draws one, `key` tells them apart.
 *
 * `end` is fired when its end comes into sight, for who has more. Rows may be of any height. The row with the focus
 * stays, also out of sight. Where rows hold nothing of their own, one that goes shows what comes (`alike`).
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
  @property({ type: Boolean }) alike = false;
  @query(".frame") private frame!: HTMLElement;
  private virtualizer: Virtualizer<HTMLElement, HTMLElement> | undefined;
  private unmount: (() => void) | undefined;
  private drawn = new DrawnRows();
  /** What had the focus before rows were moved, which takes it away, and in which row. */
  private focused: HTMLElement | undefined;
  private held: Key | undefined;
  /** Whether the focus has come to another row, which scrolls: the next Tab goes by how the rows lie. */
  private goesOn = false;

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
    this.focused = focusedIn(this.shadowRoot);
    const row = this.shadowRoot?.activeElement?.closest<HTMLElement>(".row");
    const item = row ? (changed.get("items") ?? this.items)[Number(row.dataset["index"])] : undefined;
    const held = item === undefined ? undefined : this.key(item);
    this.goesOn = held !== undefined && held !== this.held;
    this.held = held;
    if (changed.has("items") && this.virtualizer) {
      this.virtualizer.setOptions(this.options());
    }
  }

  override updated(): void {
    if (this.focused && focusedIn(this.shadowRoot) !== this.focused) this.focused.focus({ preventScroll: true });
    for (const row of this.renderRoot.querySelectorAll<HTMLElement>(".row")) this.virtualizer?.measureElement(row);
    // No larger than what is in it, with a line around.
    if (this.virtualizer) this.style.maxHeight = `${Math.max(ROW_HEIGHT, this.virtualizer.getTotalSize()) + 2}px`;
    const { range } = this.virtualizer ?? {};
    if (range && range.endIndex + OVERSCAN >= this.items.length - 1) this.dispatchEvent(new CustomEvent("end"));
  }

  override render() {
    const rows = this.virtualizer?.getVirtualItems() ?? [];
    return html`<div class="frame" tabindex="0" role="list" aria-label=${this.label}>
      <div class="all" role="presentation" style="height:${this.virtualizer?.getTotalSize() ?? 0}px">
        ${repeat(
          this.places(rows.map((row) => row.key)),
          ([drawn]) => drawn,
          ([, place]) => {
            const row = rows[place];
            const item = row && this.items[row.index];
            return row === undefined || item === undefined
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

  /** What the rows are drawn as, in the order in which they lie, and the place of each among those that are seen. */
  private places(keys: readonly Key[]): Iterable<readonly [Key, number]> {
    const { virtualizer } = this;
    if (!this.alike) return keys.map((key, place) => [key, place] as const);
    // Who tabs from one to the next goes by how they lie; who flicks does not while they move.
    return this.drawn.show(keys, this.goesOn || !virtualizer?.isScrolling, (key) => {
      const row = virtualizer?.elementsCache.get(key);
      // Of a row as tall as whoever it showed before, an observer tells nothing unless it is asked anew.
      if (row) virtualizer?.["observer"].unobserve(row);
      virtualizer?.elementsCache.delete(key);
      // Whoever comes next is not whom somebody has chosen.
      if (key === this.held) {
        this.focused?.blur();
        this.focused = undefined;
      }
    });
  }

  /** The rows that are seen or soon will be, and the one that has the focus. */
  private indexes(range: Range): number[] {
    const seen = defaultRangeExtractor(range);
    const held = this.held === undefined ? -1 : this.items.findIndex((item) => this.key(item) === this.held);
    return held < 0 || seen.includes(held) ? seen : [...seen, held].sort((one, other) => one - other);
  }

  private mount(): void {
    this.drawn = new DrawnRows();
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
      rangeExtractor: (range: Range) => this.indexes(range),
      scrollToFn: elementScroll,
      observeElementOffset,
      observeElementRect,
      onChange: () => this.requestUpdate(),
    };
  }
}

/** What has the focus within, however deep. */
function focusedIn(root: ShadowRoot | null): HTMLElement | undefined {
  let focused = root?.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused instanceof HTMLElement ? focused : undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-list": TimmyList<unknown>;
  }
}
