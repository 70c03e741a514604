import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'
import { anchorOf } from '../links.mjs'
import { pagesFolder, repositoryUrl, sidebar } from '../pages.mjs'

const api = JSON.parse(readFileSync(join(pagesFolder, 'api/typedoc-sidebar.json'), 'utf8'))

export default defineConfig({
  title: 'Holdfast',
  description: 'A distributed lock for TypeScript, over Redis, Valkey, Upstash and PostgreSQL.',
  lang: 'en',
  srcDir: '.cache/pages',
  outDir: 'dist',
  cacheDir: '.cache/vitepress',
  head: [['link', { rel: 'icon', href: '/logo.svg', type: 'image/svg+xml' }]],
  markdown: { anchor: { slugify: anchorOf } },
  // The search index has every page in it, and is loaded with the first search only.
  vite: { build: { chunkSizeWarningLimit: 3_000 } },
  themeConfig: {
    logo: '/logo.svg',
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/getting-started' },
      { text: 'Recipes', link: '/recipes/' },
      { text: 'Guarantees', link: '/guarantees' },
      { text: 'Comparison', link: '/comparison' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
    ],
    sidebar: { '/api/': { base: '', items: api }, '/': sidebar() },
    socialLinks: [{ icon: 'github', link: repositoryUrl }],
  },
})
