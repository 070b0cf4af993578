/** Bundles the handset: static files with relative paths, no configuration injected by a server. */
import { defineConfig } from "vite";
import { compileStrings } from "./strings.ts";

export default defineConfig(({ mode }) => ({
  base: "./",
  plugins: [{ name: "strings", buildStart: () => compileStrings() }],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: { alias: { react: "preact/compat", "react-dom": "preact/compat" } },
  worker: { format: "es" },
  build: {
    target: "es2024",
    modulePreload: { polyfill: false },
    // The gallery shows every screen from fixed views: for tests and for people who draw, never shipped.
    ...(mode === "gallery" ? { outDir: "dist.gallery" } : {}),
    rolldownOptions: {
      input: mode === "gallery" ? "gallery.html" : "index.html",
      checks: { pluginTimings: false },
      onLog(level, log, handle) {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") handle(level, log); // virtua's "use client" means nothing here
      },
    },
  },
}));
