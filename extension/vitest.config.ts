import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte()], // the models of the interface hold runes
  resolve: { alias: { "@": import.meta.dirname, "#i18n": `${import.meta.dirname}/.wxt/i18n/index.ts` } },
  test: { include: ["test/**/*.test.ts"], setupFiles: ["test/setup.ts"], testTimeout: 60_000 },
});
