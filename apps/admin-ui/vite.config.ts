import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, loadEnv } from 'vite'
import { compression, defineAlgorithm } from 'vite-plugin-compression2'
import { behindGateway } from './dev/behind-gateway.ts'

export default defineConfig(({ mode }) => ({
  // Compressed once, here, and served as they are.
  plugins: [
    react(),
    tailwind(),
    // `npm run dev` says where it has its gateway.
    behindGateway(loadEnv(mode, '.', 'YARDMASTER_').YARDMASTER_URL ?? 'http://127.0.0.1:8080'),
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
}))
