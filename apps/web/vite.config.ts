/** Bundles the handset: static files with relative paths, no configuration injected by a server. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2024", modulePreload: { polyfill: false } },
});
