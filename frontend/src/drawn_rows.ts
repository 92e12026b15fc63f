/** What tells rows apart. */
export type Key = string | number | bigint;

/**
 * Which of the rows that are drawn shows what: one that goes out of sight shows what comes into it.
 *
 * To draw rows anew takes several times as long as to change them, and leaves much to be cleared away, for which a page
 * stands still. A row of which another can be made holds nothing of its own.
 */
export class DrawnRows {
  private readonly shown = new Map<Key, number>();
  private inOrder: readonly number[] = [];
  private made = 0;

  /**
   * Give each key a row, and return those by number, as they are to lie, with the place of their key.
   *
   * They lie in the order of the keys if `tidy`, else they stay where they are: to move them takes as long as to draw
   * them. `gone` is told what is not shown any more.
   */
  show(keys: readonly Key[], tidy: boolean, gone: (key: Key) => void): ReadonlyMap<number, number> {
    const wanted = new Set(keys);
    const free: number[] = [];
    for (const [key, row] of this.shown) {
      if (wanted.has(key)) continue;
      this.shown.delete(key);
      free.push(row);
      gone(key);
    }
    const places = new Map<number, number>();
    keys.forEach((key, place) => {
      const row = this.shown.get(key) ?? free.pop() ?? this.made++;
      this.shown.set(key, row);
      places.set(row, place);
    });
    this.inOrder = [...new Set([...(tidy ? [] : this.inOrder), ...places.keys()])].filter((row) => places.has(row));
    return new Map(this.inOrder.map((row) => [row, places.get(row) ?? 0]));
  }
}
