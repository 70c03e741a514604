import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { documentsWithoutPlace, groups, pageOf, root } from './contents.mjs'
import { withLinksOfSite } from './links.mjs'

/** Where VitePress reads its pages. They are made anew by each build. */
export const pagesFolder = join(import.meta.dirname, '.cache/pages')
const HOME = 'site/home.md'
const FIRST_SCREEN = '<!-- the first screen of README.md -->'

const { repository } = JSON.parse(readFileSync(join(root, 'packages/core/package.json'), 'utf8'))
export const repositoryUrl = repository.url.replace(/^git\+|\.git$/g, '')

const documents = groups.flatMap((group) => group.documents)
const pages = new Map(documents.map((document) => [document, pageOf(document)]))

/** Writes the pages. Throws when a link of a document leads nowhere, or a document has no place in the sidebar. */
export function writePages() {
  const homeless = documentsWithoutPlace()
  if (homeless.length > 0) throw new Error(`not in a group of site/contents.mjs: ${homeless.join(', ')}`)
  rmSync(pagesFolder, { recursive: true, force: true })
  const broken = [...pages].flatMap(([document, page]) => writePage(document, read(document), page))
  broken.push(...writePage('README.md', firstScreen(), 'index'))
  if (broken.length > 0) throw new Error(`links that lead nowhere:\n${broken.join('\n')}`)
  cpSync(join(root, 'site/public'), join(pagesFolder, 'public'), { recursive: true })
}

/** The groups as a sidebar of VitePress, each document under its title. */
export function sidebar() {
  return groups.map(({ title, collapsed = false, documents: listed }) => ({
    text: title,
    collapsed,
    items: listed.map((document) => ({ text: titleOf(document), link: `/${pageOf(document).replace(/index$/, '')}` })),
  }))
}

function writePage(document, source, page) {
  const site = { document, root, repository: repositoryUrl, pages }
  const { text, images, broken } = withLinksOfSite(source, site)
  write(`${page}.md`, text)
  for (const image of images) cpSync(join(root, image), join(pagesFolder, 'public', image))
  return broken
}

/** The head of site/home.md, and the part of README.md before its second heading. */
function firstScreen() {
  const [, body] = /^# .*?\n(.*?)^## /ms.exec(read('README.md')) ?? []
  if (body === undefined) throw new Error('README.md has no first screen: text between its title and the next heading')
  return read(HOME).replace(FIRST_SCREEN, () => body)
}

function titleOf(document) {
  const title = /^# (.+)$/m.exec(read(document))?.[1]
  if (title === undefined) throw new Error(`${document} has no title`)
  return title.replaceAll('`', '')
}

function read(document) {
  return readFileSync(join(root, document), 'utf8')
}

function write(page, text) {
  const file = join(pagesFolder, page)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
