import type { ReactiveController, ReactiveControllerHost } from "lit";

import { Refusal, type Server } from "./server";

/** Something that is being done for a page: whether it is under way, and why it did not work the last time. */
export class Work implements ReactiveController {
  busy = false;
  refusal: Refusal | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly server: () => Server,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.refusal = undefined;
  }

  /** Do it, once at a time; returns whether it worked. */
  async run(what: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.refusal = undefined;
    this.host.requestUpdate();
    try {
      await what();
      return true;
    } catch (err) {
      this.refusal = this.server().refusal(err);
      return false;
    } finally {
      this.busy = false;
      this.host.requestUpdate();
    }
  }

  /** Forget what went wrong. */
  forget(): void {
    this.refusal = undefined;
    this.host.requestUpdate();
  }
}
