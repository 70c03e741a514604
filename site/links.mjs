import { existsSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

const IMAGE = /\.(svg|png|jpg|gif)$/
/** A fenced block, code between back-quotes, or the target of a link or of an image. */
const PARTS = /^```.*?^```|`[^`\n]*`|(?<=\]\()[^)\s]+(?=\))|(?<=<img[^>]* src=")[^"]+(?=")/gms

/**
 * The text of a document with the links of its page: to another page, to the repository where the target has no page, and
 * to the copy of an image. Sources keep the links that work in the repository.
 *
 * @param {string} text
 * @param {{ document: string, root: string, repository: string, pages: ReadonlyMap<string, string> }} site
 *   `document` is relative to `root`; `pages` has the page of each document; `repository` is its address.
 * @returns {{ text: string, images: string[], broken: string[] }}
 */
export function withLinksOfSite(text, site) {
  const images = []
  const broken = []
  const rewritten = text.replaceAll(PARTS, (part) => {
    if (part.startsWith('`') || /^([a-z]+:|#|\/)/.test(part)) return part
    const [path, anchor] = part.split('#')
    const target = posix.join(posix.dirname(site.document), path).replace(/\/$/, '')
    const place = join(site.root, target)
    if (!existsSync(place)) {
      broken.push(`${site.document}: ${part}`)
      return part
    }
    if (IMAGE.test(target)) {
      images.push(target)
      return `/${target}`
    }
    const isFolder = statSync(place).isDirectory()
    const page = site.pages.get(isFolder ? `${target}/README.md` : target)
    const address =
      page === undefined ? `${site.repository}/${isFolder ? 'tree' : 'blob'}/main/${target}` : `/${page}.md`
    return anchor === undefined ? address : `${address}#${anchor}`
  })
  return { text: rewritten, images, broken }
}

/** The anchor of a heading, by the rule of GitHub. */
export function anchorOf(title) {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-')
}
