// Pictures of faces, as small as terminals take them.

/** Terminals take 240x320 to 800x1280 with less than 150 kB, best 480x640. */
const WIDTH = 480;
const HEIGHT = 640;
const MAX_BYTES = 150_000;
const QUALITIES = [0.9, 0.8, 0.7, 0.6, 0.45, 0.3];

/** The size of a picture that is made to fit; it is never made larger. */
export function fitting(width: number, height: number): [width: number, height: number] {
  const factor = Math.min(1, WIDTH / width, HEIGHT / height);
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
}

/** A picture as a small JPEG, upright; throws where the browser cannot read it. */
export async function small(source: Blob | HTMLVideoElement): Promise<Blob> {
  const bitmap = await createImageBitmap(source, { imageOrientation: "from-image" });
  try {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = fitting(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no canvas");
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    let written: Blob | null = null;
    for (const quality of QUALITIES) {
      written = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
      if (written && written.size < MAX_BYTES) break;
    }
    if (!written) throw new Error("no picture");
    return written;
  } finally {
    bitmap.close();
  }
}

/** A file as base64, as terminals are sent it. */
export async function inBase64(blob: Blob): Promise<string> {
  let text = "";
  for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
  return btoa(text);
}
