/** A TLS certificate for this machine that nobody vouches for, as a relay on a private network may have. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export type Certificate = { readonly certPath: string; readonly keyPath: string };

/** For `localhost`, written into `folder`; good for a day. Needs openssl. */
export function createCertificate(folder: string): Certificate {
  const certPath = join(folder, "tls.crt");
  const keyPath = join(folder, "tls.key");
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", keyPath];
  execFileSync("openssl", ["req", "-x509", ...key, "-out", certPath, "-days", "1", ...subject], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  return { certPath, keyPath };
}
