/** Reads a QR code in a picture, on this device. Loaded when the first picture comes. */
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";

prepareZXingModule({ overrides: { locateFile: () => wasmUrl } });

/** The text of the first QR code, or undefined when there is none or the picture is none. */
export async function qrTextOf(picture: Blob): Promise<string | undefined> {
  try {
    const found = await readBarcodes(picture, {
      formats: ["QRCode"],
      tryHarder: true,
      maxNumberOfSymbols: 1,
    });
    return found[0]?.text;
  } catch {
    return undefined; // not a picture this browser can read
  }
}
