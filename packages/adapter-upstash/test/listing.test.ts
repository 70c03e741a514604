import { describe, expect, test } from 'vitest'
import { upstashBackend } from '../src/index.js'
import { openServer, openWorld } from './support/open.js'

const claim = { owner: 'label~random', ttlMs: 60_000, mode: 'exclusive', limit: 1 } as const

/** Names that the client would parse as JSON instead of text. */
const JSON_LIKE = [
  ...['123', '-1.5', '0', '-0', '1e3', '1e21', '9007199254740993', '007', 'true', 'false', 'null', 'undefined'],
  ...['"', '"quoted"', '""', '"\\"', '[]', '[1,"a"]', '{}', '{"a":[1,null]}', '{x}:1', 'a', '[123', ' ', '1 '],
]

describe.each(['', '1', '[', 'lock:'])('with the prefix %o, names that look like JSON', (prefix) => {
  test.each([{}, { enableAutoPipelining: false }, { automaticDeserialization: false }])(
    'are listed as they are, by a client with %o',
    async (options) => {
      await using server = await openServer()
      await using world = await openWorld(server)
      const backend = upstashBackend(world.client(options), { prefix })
      for (const name of JSON_LIKE) await backend.acquire({ ...claim, name })
      // Without a prefix, the fence of the name that made the scripts known is a key like any other.
      await world.raw.command('DEL', '{lock:warm}:f')
      const seen: string[] = []
      for await (const { name } of backend.list?.() ?? []) seen.push(name)
      expect(seen.toSorted()).toEqual(JSON_LIKE.toSorted())
    },
  )
})

test('a listing costs three requests for each page, and one for 16 names', async () => {
  await using server = await openServer()
  await using world = await openWorld(server)
  const backend = upstashBackend(world.client())
  await Promise.all(Array.from({ length: 100 }, (_, i) => backend.acquire({ ...claim, name: `${i}` })))
  const before = world.gateway.stats().requests
  let names = 0
  for await (const _ of backend.list?.() ?? []) names += 1
  expect(names).toBe(100)
  expect(world.gateway.stats().requests - before).toBeLessThanOrEqual(3 + Math.ceil(100 / 16) + 1)
})
