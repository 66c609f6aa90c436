import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compression, defineAlgorithm } from 'vite-plugin-compression2'

export default defineConfig({
  // Compressed once, here, and served as they are.
  plugins: [
    react(),
    tailwind(),
    compression({
      include: /assets\/.*\.(?:js|css|svg)$/,
      algorithms: [defineAlgorithm('gzip'), defineAlgorithm('brotliCompress')],
    }),
  ],
  // Chunks find each other and their pictures relative to themselves; the gateway writes the addresses in index.html,
  // so one build works below every path prefix.
  base: './',
  build: {
    target: ['chrome123', 'edge123', 'firefox125', 'safari17.5'],
    // The content security policy allows no `data:` addresses.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
})
