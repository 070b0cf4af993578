/** A QR code. What it holds always stands beside it in letters or digits, so that it can come a moment later. */
import { later } from "./later.tsx";

export const Qr = later(async () => (await import("./qr-drawing.tsx")).QrDrawing);
