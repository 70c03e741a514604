import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { groups, pageOf, root } from './contents.mjs'
import { repositoryUrl } from './pages.mjs'

const site = join(import.meta.dirname, 'dist')

/** Checks the pages as they are served. Throws with a line for each fault. */
export function checkSite() {
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.html') && file !== '404.html',
  )
  const pages = new Map(files.map((file) => [file, pageFrom(readFileSync(join(site, file), 'utf8'))]))
  const faults = [...pages].flatMap(([file, page]) =>
    [
      ...faultsOf(page),
      ...page.links.filter((link) => !leadsSomewhere(link, file, pages)).map((link) => `a dead link, ${link}`),
    ].map((fault) => `${file}: ${fault}`),
  )
  const expected = groups.flatMap(({ documents }) => documents.map((document) => `${pageOf(document)}.html`))
  faults.push(
    ...['index.html', 'api/index.html', ...expected]
      .filter((file) => !pages.has(file))
      .map((file) => `no page ${file}`),
  )
  faults.push(...faultsOfSearch())
  if (faults.length > 0) throw new Error(`faults of the site:\n${faults.join('\n')}`)
  return { pages: pages.size, links: [...pages.values()].reduce((sum, { links }) => sum + links.length, 0) }
}

/** @param {string} html */
export function pageFrom(html) {
  const all = (pattern) => [...html.matchAll(pattern)].map(([, found]) => decode(found))
  return {
    title: /<title>([^<]*)<\/title>/.exec(html)?.[1] ?? '',
    headings: all(/<(h1)[\s>]/g).length,
    anchors: new Set(all(/ id="([^"]*)"/g)),
    links: all(/<(?:a|link|img|script|source)\b[^>]*? (?:href|src)="([^"]*)"/g),
  }
}

export function faultsOf({ title, headings }) {
  const faults = []
  if (!/^\S.* \| Holdfast$/.test(title)) faults.push(`its title is '${title}'`)
  if (headings !== 1) faults.push(`${headings} headings of the first rank`)
  return faults
}

function leadsSomewhere(link, file, pages) {
  const { pathname, hash, href } = new URL(link, `site:/${file}`)
  const source = /^\/(?:blob|tree)\/main\/([^#]*)/.exec(
    href.startsWith(repositoryUrl) ? href.slice(repositoryUrl.length) : '',
  )
  if (source !== null) return existsSync(join(root, decodeURIComponent(source[1])))
  if (!href.startsWith('site:')) return true
  const target = decodeURIComponent(pathname).slice(1)
  const page = pages.get(target === '' || target.endsWith('/') ? `${target}index.html` : target)
  if (page === undefined) return existsSync(join(site, target))
  return hash === '' || page.anchors.has(decodeURIComponent(hash.slice(1)))
}

/** The index has to find an error code of the documents and a function of the API reference. */
function faultsOfSearch() {
  const folder = 'assets/chunks'
  const index = readdirSync(join(site, folder)).find((file) => file.startsWith('@localSearchIndex'))
  if (index === undefined) return ['no search index']
  const text = readFileSync(join(site, folder, index), 'utf8')
  return ['indeterminate', 'createlocker']
    .filter((word) => !text.includes(word))
    .map((word) => `the search does not find ${word}`)
}

function decode(text) {
  return text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'")
}
