import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

// In development the pages come from here and everything else from a running hotline.
export default defineConfig({
  plugins: [vue()],
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
  build: { chunkSizeWarningLimit: 900 },
});
