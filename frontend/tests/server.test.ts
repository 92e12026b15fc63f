import { describe, expect, it } from "vitest";

import type { Connection } from "../src/home_assistant";
import { Server } from "../src/server";
import { Texts } from "../src/texts";

function refusing(error: unknown): Server {
  const connection = { sendMessagePromise: () => Promise.reject(error) } as unknown as Connection;
  return new Server(connection, Texts.plain(), "01J");
}

describe("an answer that is a refusal", () => {
  it("is told by the text of its key, and names its field", async () => {
    const error = {
      code: "home_assistant_error",
      message: "in English",
      translation_key: "panel_field_invalid",
      translation_domain: "timmy_access",
      translation_placeholders: { field: "name" },
    };
    await expect(refusing(error).ask("people")).rejects.toMatchObject({
      message: "component.timmy_access.exceptions.panel_field_invalid.message name",
      field: "name",
      code: "home_assistant_error",
    });
  });

  it("says that the connection is gone where there is none", async () => {
    await expect(refusing(3).ask("people")).rejects.toMatchObject({
      message: "component.timmy_access.config_panel.panel.connection_lost",
      code: "connection",
    });
  });
});

/** A connection that can come back, and what was asked of it. */
class Line {
  readonly asked: ((told: object) => void)[] = [];
  readonly ended: number[] = [];
  private readonly listeners = new Set<() => void>();

  addEventListener(_: string, listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_: string, listener: () => void): void {
    this.listeners.delete(listener);
  }

  subscribeMessage(listener: (told: object) => void): Promise<() => void> {
    const number = this.asked.push(listener) - 1;
    return Promise.resolve(() => void this.ended.push(number));
  }

  comesBack(): void {
    for (const listener of this.listeners) listener();
  }
}

describe("what is followed", () => {
  it("is asked for anew when the connection is back, and what is told first then takes the place of all", async () => {
    const line = new Line();
    const told: [object, boolean][] = [];
    const follow = new Server(line as unknown as Connection, Texts.plain(), "01J");
    const end = follow.follow<object>(
      "people",
      {},
      (news, isFirst) => told.push([news, isFirst]),
      () => undefined,
    );
    line.asked[0]?.({ a: 1 });
    line.asked[0]?.({ a: 2 });
    line.comesBack();
    line.asked[1]?.({ a: 3 });
    // What was under way before the connection was lost tells nothing any more.
    line.asked[0]?.({ a: 4 });
    expect(told).toEqual([
      [{ a: 1 }, true],
      [{ a: 2 }, false],
      [{ a: 3 }, true],
    ]);
    end();
    line.comesBack();
    await Promise.resolve();
    expect(line.asked.length).toBe(2);
    expect(line.ended).toContain(1);
  });
});
