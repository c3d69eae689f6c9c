import { defineConfig } from 'vite';

export default defineConfig({
  // A dependency of Perses expects Node.js' name for what browsers call globalThis.
  define: { global: 'globalThis' },
  esbuild: { jsx: 'automatic' },
  build: { chunkSizeWarningLimit: 4000, reportCompressedSize: false },
  logLevel: 'error',
});
