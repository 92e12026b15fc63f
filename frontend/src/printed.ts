const STYLE = `
  body { font: 11pt sans-serif; margin: 0; }
  h1 { font-size: 15pt; margin: 0 0 4mm; }
  table { border-collapse: collapse; width: 100%; }
  th, td { border-bottom: 1px solid #999; padding: 1.5mm 2mm; text-align: start; vertical-align: top; }
  .number { text-align: end; white-space: nowrap; }
  .state { margin-inline-start: 2mm; }
  .state > [aria-hidden] { margin-inline-end: 1mm; }
  .screen { display: none; }
  .hidden { display: none; }
  tr { break-inside: avoid; }
`;

/**
 * Print a picture with a text under it, and nothing of the page around; rejects where the browser cannot.
 *
 * Browsers take their time with the sheet, and not all say when they are done with it: the returned function takes the
 * picture away.
 */
export async function printPicture(picture: string, text: string, title: string): Promise<() => void> {
  const { sheet, remove } = blankSheet(title);
  const image = sheet.document.createElement("img");
  image.src = picture;
  image.alt = title;
  image.style.cssText = "width:7cm;height:7cm;image-rendering:pixelated";
  const words = sheet.document.createElement("p");
  words.textContent = text;
  words.style.cssText = "font:14pt sans-serif;white-space:pre-line";
  sheet.document.body.append(image, words);
  try {
    await image.decode();
    sheet.print();
  } catch (err) {
    remove();
    throw err;
  }
  return remove;
}

/** Print a list under a heading, and nothing of the page around. The returned function takes the sheet away. */
export function printList(heading: string, rows: readonly (readonly string[])[]): () => void {
  const { sheet, remove } = blankSheet(heading);
  const title = sheet.document.createElement("h1");
  title.textContent = heading;
  title.style.cssText = "font:16pt sans-serif";
  const table = sheet.document.createElement("table");
  table.style.cssText = "font:11pt sans-serif;border-collapse:collapse;width:100%";
  for (const row of rows) {
    const line = table.insertRow();
    line.style.cssText = "break-inside:avoid";
    for (const text of row) {
      const cell = line.insertCell();
      cell.textContent = text;
      cell.style.cssText = "padding:6px;border-bottom:1px solid #999;overflow-wrap:anywhere";
    }
  }
  sheet.document.body.append(title, table);
  sheet.print();
  return remove;
}

/** Print a table under a heading, and nothing of the page around; what has the class `screen` is left out. */
export function printSheet(table: Element, heading: string): void {
  const { sheet, remove } = blankSheet(heading);
  const page = sheet.document;
  const style = page.createElement("style");
  style.textContent = STYLE;
  const head = page.createElement("h1");
  head.textContent = heading;
  page.head.append(style);
  page.body.append(head, page.importNode(table, true));
  sheet.addEventListener("afterprint", remove);
  sheet.print();
}

/** Return a sheet with a title and nothing on it, and what takes it away; throws where the browser cannot print. */
function blankSheet(title: string): { sheet: Window; remove: () => void } {
  const frame = document.createElement("iframe");
  frame.style.cssText = "position:fixed;inset:auto 0 0 auto;width:0;height:0;border:0";
  frame.title = title;
  document.body.append(frame);
  const remove = (): void => frame.remove();
  const sheet = frame.contentWindow;
  if (!sheet) {
    remove();
    throw new Error("nothing to print with");
  }
  sheet.document.title = title;
  return { sheet, remove };
}
