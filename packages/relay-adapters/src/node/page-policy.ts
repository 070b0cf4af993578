/**
 * The headers every page of the handset is served with: the one place that says what a page may do.
 * The relay's HTTP listener sends them and the browser tests hold Chromium to them (spec/front-door.md,
 * FD20–FD25). A page that is allowed nothing by default cannot be talked into much by a hostile message.
 */

/**
 * `connect-src` is open because people dial the relays of their contacts, which no server knows beforehand.
 * `wasm-unsafe-eval` compiles WebAssembly (Argon2id, QR codes) and does not admit `eval`.
 * The one Trusted Types policy, `sotto`, admits the URLs of our own workers and nothing else.
 */
const CONTENT_SECURITY: Readonly<Record<string, string>> = {
  "default-src": "'none'",
  "script-src": "'self' 'wasm-unsafe-eval'",
  "worker-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self' blob: data:",
  "font-src": "'none'",
  "media-src": "'self' blob:",
  "manifest-src": "'self'",
  "connect-src": "'self' https: wss:",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
  "require-trusted-types-for": "'script'",
  "trusted-types": "sotto",
};

/** What a page never needs; calls and voice notes will ask for camera and microphone when they exist. */
const DENIED_FEATURES = [
  "accelerometer",
  "camera",
  "display-capture",
  "geolocation",
  "gyroscope",
  "hid",
  "idle-detection",
  "local-fonts",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "serial",
  "usb",
];

const directives = Object.entries(CONTENT_SECURITY).map(([name, sources]) => `${name} ${sources}`);

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": directives.join("; "),
  "Permissions-Policy": DENIED_FEATURES.map((feature) => `${feature}=()`).join(", "),
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** Header name → value, for every response that carries a part of the handset. */
export function pagePolicyHeaders(): Record<string, string> {
  return { ...HEADERS };
}
