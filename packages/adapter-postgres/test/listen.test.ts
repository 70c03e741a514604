import { describe, expect, test } from 'vitest'
import type { PostgresClient } from '../src/index.js'
import { listenOf } from '../src/listen.js'

type Failing = { readonly client: PostgresClient; readonly listening: ReadonlySet<string> }

const REFUSAL = Object.assign(new Error('no right to listen'), { code: '42501' })

/** Clients that listen to the first channel, and fail at the second. */
const CLIENTS: readonly (readonly [string, () => Failing])[] = [
  [
    'postgres',
    () => {
      const listening = new Set<string>()
      const channels: Record<string, { listeners: readonly { readonly fn: unknown }[] }> = {}
      const listen = async (channel: string, fn: unknown) => {
        channels[channel] = { listeners: [{ fn }] }
        if (channel === 'second') throw REFUSAL
        listening.add(channel)
      }
      const end = async () => (Object.keys(channels).length === 0 ? listening.clear() : undefined)
      const members = { channels, sql: { unsafe: async () => [], end } }
      return { client: { unsafe: async () => [], listen: Object.assign(listen, members) } as PostgresClient, listening }
    },
  ],
  [
    'PGlite',
    () => {
      const listening = new Set<string>()
      const listen = async (channel: string) => {
        if (channel === 'second') throw REFUSAL
        listening.add(channel)
        return async () => void listening.delete(channel)
      }
      return { client: { query: async () => ({ rows: [] }), listen } as PostgresClient, listening }
    },
  ],
]

describe.each(CLIENTS)('a client of %s that cannot listen to all channels', (_, make) => {
  test('listens to none', async () => {
    const { client, listening } = make()
    const listen = listenOf(client)
    const standing: boolean[] = []
    const attempt = listen?.(
      ['first', 'second'],
      () => {},
      (stands) => standing.push(stands),
    )
    await expect(attempt).rejects.toThrow('no right to listen')
    await new Promise((resolve) => setImmediate(resolve))
    expect([...listening]).toEqual([])
    expect(standing).toEqual([])
  })
})
