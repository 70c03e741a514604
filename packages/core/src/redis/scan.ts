import type { ScanPage } from './transport.js'

/** How many keys the server looks at for each page. */
const PAGE = 1_000
/** Over a cache no two requests may be alike: the sizes of the first pages differ in turn. */
const SIZES = 1_000

let scans = 0

/** All keys that match the glob, on all nodes, page by page. Calls `onPage` after each page, with keys or without. */
export async function* scanKeys(
  nodes: readonly ScanPage[],
  pattern: string,
  onPage: () => void,
): AsyncGenerator<string> {
  const count = PAGE + ((scans += 1) % SIZES)
  for (const scanPage of nodes) {
    let cursor = '0'
    do {
      const page = await scanPage(cursor, pattern, count)
      if (!Array.isArray(page.keys)) throw new Error('SCAN answered no page of keys')
      onPage()
      yield* page.keys.map(String)
      cursor = String(page.cursor)
    } while (cursor !== '0')
  }
}

/** A glob that matches this text alone. */
export const escapeGlob = (text: string): string => text.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)
