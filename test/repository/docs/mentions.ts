import { existsSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { read, root } from '../../workspace.js'

/** A link to a heading, as GitHub names it. */
export function anchorsOf(document: string): Set<string> {
  const headings = withoutBlocks(document).matchAll(/^#+ (.+)$/gm)
  return new Set([...headings].map(([, title = '']) => anchorOf(title)))
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-')
}

/** Links of a document into the repository that lead nowhere. */
export function brokenLinks(document: string): string[] {
  const targets = [...withoutBlocks(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? document : posix.join(posix.dirname(document), path)
    if (!existsSync(join(root, file))) return true
    return anchor !== undefined && !anchorsOf(file).has(anchor)
  })
}

/** Where the paths that a document names may begin: CONTRIBUTING.md speaks of any adapter. */
const PLACES = [
  '',
  'packages/core/src',
  'packages/core/src/redis',
  'packages/core/src/redis/scripts',
  'packages/testkit/src',
  'packages/adapter-ioredis',
]

/** Files that a document names in code, such as `redis/keys.ts`, and that are not there. */
export function missingFiles(document: string): string[] {
  const named = codeOf(document).filter(
    (code) => /^[\w@./-]+\.(ts|lua|md|json|mjs|yaml)$/.test(code) && code.includes('.'),
  )
  const places = [...PLACES, dirname(document), join(dirname(document), 'src')]
  return named.filter((name) => !places.some((place) => existsSync(join(root, place, name))))
}

/** Everything between single back-quotes. */
export function codeOf(document: string): string[] {
  return [...withoutBlocks(document).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
}

function withoutBlocks(document: string): string {
  return read(document).replaceAll(/^```.*?^```/gms, '')
}
