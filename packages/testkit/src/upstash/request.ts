import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

/** The commands of a request. */
export interface Ask {
  readonly form: 'command' | 'pipeline' | 'transaction'
  readonly commands: readonly (readonly string[])[]
}

const FORMS: ReadonlyMap<string, Ask['form']> = new Map([
  ['/', 'command'],
  ['/pipeline', 'pipeline'],
  ['/multi-exec', 'transaction'],
])

/** Reads a request, or answers its mistake in words. Commands in the path are not understood: no client sends them. */
export async function readAsk(request: IncomingMessage): Promise<Ask | string> {
  const body = await text(request)
  const form = FORMS.get(request.url ?? '')
  if (request.method !== 'POST' || form === undefined) {
    return 'ERR only POST to /, /pipeline and /multi-exec is understood here'
  }
  const asked = parse(body)
  const list = form === 'command' ? [asked] : asked
  if (!Array.isArray(list) || list.length === 0) return 'ERR failed to parse pipeline request'
  const commands: string[][] = []
  for (const each of list) {
    if (!Array.isArray(each) || each.length === 0) return 'ERR failed to parse command'
    if (each.includes(null)) return 'ERR null args are not supported'
    if (each.some((word) => typeof word === 'object')) return 'ERR failed to parse command'
    commands.push(each.map(String))
  }
  return { form, commands }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
