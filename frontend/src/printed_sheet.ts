const STYLE = `
  body { font: 11pt sans-serif; margin: 0; }
  h1 { font-size: 15pt; margin: 0 0 4mm; }
  table { border-collapse: collapse; width: 100%; }
  th, td { border-bottom: 1px solid #999; padding: 1.5mm 2mm; text-align: start; vertical-align: top; }
  .number { text-align: end; white-space: nowrap; }
  .state { margin-inline-start: 2mm; }
  .screen { display: none; }
  .hidden { position: absolute; clip-path: inset(50%); }
  tr { break-inside: avoid; }
`;

/** Print a table under a heading, and nothing of the page around; what has the class `screen` is left out. */
export function printSheet(table: Element, heading: string): void {
  const frame = document.createElement("iframe");
  frame.style.cssText = "position:fixed;inset:auto 0 0 auto;width:0;height:0;border:0";
  frame.title = heading;
  document.body.append(frame);
  const sheet = frame.contentWindow;
  if (!sheet) {
    frame.remove();
    return;
  }
  const page = sheet.document;
  const style = page.createElement("style");
  style.textContent = STYLE;
  const head = page.createElement("h1");
  head.textContent = heading;
  page.title = heading;
  page.head.append(style);
  page.body.append(head, page.importNode(table, true));
  sheet.addEventListener("afterprint", () => frame.remove());
  sheet.print();
}
