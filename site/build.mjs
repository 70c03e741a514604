import { join } from 'node:path'
import { writeApi } from './api.mjs'
import { checkSite } from './check.mjs'
import { writePages } from './pages.mjs'

// The whole site, from the documents and the doc comments: `npm run site` at the root.

// VitePress, Vite and typedoc warn by the console.
let warnings = 0
for (const level of ['warn', 'error']) {
  const write = console[level]
  console[level] = (...words) => {
    warnings++
    write(...words)
  }
}

try {
  writePages()
  const entries = await writeApi()
  // Imported late: the configuration reads the sidebar of the API reference.
  const { build } = await import('vitepress')
  await build(import.meta.dirname)
  if (warnings > 0) throw new Error(`${warnings} warnings, see above`)
  const { pages, links } = checkSite()
  process.stdout.write(
    `${pages} pages, ${links} links, ${entries} entries in the API reference: 0 warnings, 0 dead links, 0 undocumented exports\n` +
      `Written to ${join(import.meta.dirname, 'dist')}; to look at it: npm run --silent preview --prefix site\n`,
  )
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
