/**
 * Print a picture with a text under it, and nothing of the page around; rejects where the browser cannot.
 *
 * Browsers take their time with the sheet, and not all say when they are done with it: the returned function takes the
 * picture away.
 */
export async function printPicture(picture: string, text: string, title: string): Promise<() => void> {
  const frame = document.createElement("iframe");
  frame.style.cssText = "position:fixed;inset:auto 0 0 auto;width:0;height:0;border:0";
  frame.title = title;
  document.body.append(frame);
  const sheet = frame.contentWindow;
  if (!sheet) {
    frame.remove();
    throw new Error("nothing to print with");
  }
  const image = sheet.document.createElement("img");
  image.src = picture;
  image.alt = title;
  image.style.cssText = "width:7cm;height:7cm;image-rendering:pixelated";
  const words = sheet.document.createElement("p");
  words.textContent = text;
  words.style.cssText = "font:14pt sans-serif;white-space:pre-line";
  sheet.document.title = title;
  sheet.document.body.append(image, words);
  try {
    await image.decode();
    sheet.print();
  } catch (err) {
    frame.remove();
    throw err;
  }
  return () => frame.remove();
}

/** Print a list under a heading, and nothing of the page around. The returned function takes the sheet away. */
export function printList(heading: string, rows: readonly (readonly string[])[]): () => void {
  const frame = document.createElement("iframe");
  frame.style.cssText = "position:fixed;inset:auto 0 0 auto;width:0;height:0;border:0";
  frame.title = heading;
  document.body.append(frame);
  const sheet = frame.contentWindow;
  if (!sheet) {
    frame.remove();
    throw new Error("nothing to print with");
  }
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
  sheet.document.title = heading;
  sheet.document.body.append(title, table);
  sheet.print();
  return () => frame.remove();
}
