import { defineConfig } from 'vite';

/** Builds the page into dist/web. Nothing is inlined: the Content-Security-Policy allows neither inline scripts nor data: addresses. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  build: {
    outDir: '../../../dist/web',
    emptyOutDir: true,
    rolldownOptions: { input: ['index.html', 'api-docs.html'].map((page) => `${import.meta.dirname}/${page}`) },
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    reportCompressedSize: false,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
