import { css } from "lit";

/** The colours of the panel, from those of the user's theme; all of them may stand as text on a card (contrast AA). */
export const colours = css`
  :host {
    --timmy-text: var(--primary-text-color, #141414);
    --timmy-quiet: color-mix(in srgb, var(--secondary-text-color, #5e5e5e) 80%, var(--timmy-text));
    --timmy-card: var(--card-background-color, #fff);
    --timmy-ground: var(--primary-background-color, #fafafa);
    --timmy-line: var(--divider-color, #e0e0e0);
    --timmy-accent: color-mix(in srgb, var(--primary-color, #009ac7) 60%, var(--timmy-text));
    --timmy-danger: color-mix(in srgb, var(--error-color, #db4437) 70%, var(--timmy-text));
    --timmy-good: color-mix(in srgb, var(--success-color, #43a047) 60%, var(--timmy-text));
    --timmy-warn: color-mix(in srgb, var(--warning-color, #ffa600) 50%, var(--timmy-text));
  }
`;

/** What pages and dialogs have in common. */
export const shared = css`
  :host {
    display: block;
    color: var(--timmy-text);
    font-family: var(--ha-font-family-body, Roboto, Noto, sans-serif);
    font-size: 14px;
    line-height: 1.45;
  }
  * {
    box-sizing: border-box;
  }
  h2 {
    font-size: 20px;
    font-weight: 500;
    margin: 0;
    overflow-wrap: anywhere;
  }
  h3 {
    font-size: 16px;
    font-weight: 500;
    margin: 0 0 8px;
    overflow-wrap: anywhere;
  }
  /* A thumb finds a link by what is around its line, which moves nothing. */
  a {
    color: var(--timmy-accent);
    padding-block: 5px;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    align-items: center;
    margin-bottom: 16px;
  }
  .bar .grow {
    flex: 1 1 180px;
  }
  .cards {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr));
    gap: 16px;
  }
  .card {
    background: var(--timmy-card);
    border: 1px solid var(--timmy-line);
    border-radius: 12px;
    padding: 16px;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .card + .card:not(.cards > *) {
    margin-top: 16px;
  }
  .quiet {
    color: var(--timmy-quiet);
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-top: 12px;
  }
  button,
  .button {
    font: inherit;
    font-weight: 500;
    min-height: 40px;
    padding: 8px 16px;
    border-radius: 20px;
    border: 1px solid var(--timmy-accent);
    background: transparent;
    color: var(--timmy-accent);
    cursor: pointer;
    text-decoration: none;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    text-align: center;
  }
  button.primary {
    background: var(--timmy-accent);
    color: var(--timmy-card);
  }
  button.danger {
    border-color: var(--timmy-danger);
    color: var(--timmy-danger);
  }
  button.primary.danger {
    background: var(--timmy-danger);
    color: var(--timmy-card);
  }
  button.plain {
    border-color: transparent;
    padding: 8px 10px;
  }
  button:disabled {
    cursor: default;
    border-color: var(--timmy-line);
    color: var(--timmy-quiet);
    background: transparent;
  }
  :focus-visible {
    outline: 3px solid var(--timmy-accent);
    outline-offset: 2px;
  }
  /* A field stands close below its name. */
  :is(input:not([type="checkbox"], [type="radio"]), select, textarea):focus-visible {
    outline-offset: -2px;
  }
  /* Where the reading goes on, and nothing to press. */
  [tabindex="-1"]:focus-visible {
    outline: none;
  }
  label,
  fieldset {
    display: block;
    margin: 0 0 12px;
    min-width: 0;
  }
  fieldset {
    border: 1px solid var(--timmy-line);
    border-radius: 8px;
    padding: 8px 12px;
  }
  label.check {
    display: flex;
    gap: 8px;
    align-items: center;
    min-height: 32px;
    margin: 0;
    overflow-wrap: anywhere;
  }
  input,
  select,
  textarea {
    font: inherit;
    color: var(--timmy-text);
    background: var(--timmy-card);
    border: 1px solid var(--timmy-quiet);
    border-radius: 8px;
    min-height: 40px;
    padding: 8px 10px;
    width: 100%;
    max-width: 100%;
  }
  input[type="checkbox"],
  input[type="radio"] {
    width: 20px;
    min-height: 20px;
    flex: none;
    accent-color: var(--timmy-accent);
  }
  .hint {
    display: block;
    font-size: 12px;
    color: var(--timmy-quiet);
    margin-top: 2px;
  }
  .error {
    color: var(--timmy-danger);
    margin: 0 0 12px;
    overflow-wrap: anywhere;
  }
  .state {
    display: inline-flex;
    align-items: baseline;
    gap: 4px;
    white-space: nowrap;
  }
  .facts {
    display: grid;
    grid-template-columns: fit-content(45%) minmax(0, 1fr);
    gap: 4px 12px;
    margin: 0;
    overflow-wrap: anywhere;
  }
  .facts dt {
    color: var(--timmy-quiet);
  }
  .facts dd {
    margin: 0;
  }
  .facts .state {
    white-space: normal;
  }
  .state.good {
    color: var(--timmy-good);
  }
  .state.warn {
    color: var(--timmy-warn);
  }
  .state.bad {
    color: var(--timmy-danger);
  }
  timmy-list {
    height: max(320px, calc(100dvh - 300px));
    border: 1px solid var(--timmy-line);
    border-radius: 12px;
    overflow: hidden;
  }
  .empty {
    text-align: center;
    padding: 48px 16px;
    color: var(--timmy-quiet);
  }
  .skeleton {
    border-radius: 8px;
    height: 56px;
    margin-bottom: 8px;
    background: var(--timmy-line);
    opacity: 0;
    animation: appear 0s 200ms forwards;
  }
  @keyframes appear {
    to {
      opacity: 0.6;
    }
  }
  table {
    border-collapse: collapse;
    width: 100%;
  }
  th,
  td {
    text-align: start;
    padding: 8px;
    border-bottom: 1px solid var(--timmy-line);
    vertical-align: top;
  }
  th {
    font-weight: 500;
    color: var(--timmy-quiet);
  }
  .scrolls {
    overflow-x: auto;
  }
  summary {
    cursor: pointer;
    min-height: 32px;
    padding-block: 4px;
  }
  /* What is pressed by a thumb. */
  @media (pointer: coarse), (max-width: 600px) {
    label.check,
    summary {
      min-height: 40px;
    }
    summary {
      padding-block: 8px;
    }
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation-duration: 0s !important;
      transition: none !important;
    }
  }
`;
