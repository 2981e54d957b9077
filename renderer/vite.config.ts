// The window's bundle, for the desktop and for the browser alike. It must run under `script-src 'self';
// style-src 'self'`: nothing inline.
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/**
 * Sonner writes a <style> element when it is imported, which the content policy refuses; its sheet is
 * imported by styles/app.css instead.
 */
const withoutInjectedToastStyles: Plugin = {
  name: 'keyway:without-injected-toast-styles',
  transform(code, id) {
    if (!/sonner[\\/]dist[\\/]index\.mjs/.test(id)) return null
    return { code: code.replace(/^__insertCSS\(.*$/m, ''), map: null }
  },
}

export default defineConfig({
  root: here('.'),
  base: './',
  plugins: [react(), tailwindcss(), withoutInjectedToastStyles],
  resolve: {
    alias: [{ find: /^react-style-singleton$/, replacement: here('./lib/style-singleton.ts') }],
  },
  build: {
    outDir: here('../out/renderer'),
    emptyOutDir: true,
    minify: true,
    target: ['chrome130', 'firefox130', 'safari18'],
    // Fonts and images stay files: `font-src 'self'` allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
})
