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
