import { afterAll, describe, expect, test } from 'vitest'
import { freshName, openServer, openWorld } from './support/open.js'

const server = await openServer()
afterAll(() => server.stop())

// Characters that would be cut or split in a path or an event stream are only text in a body.
describe.concurrent.each([
  ['a comma', 'a,b'],
  ['a hash', 'lock:a#b'],
  ['a question mark', 'a?b=c&d'],
  ['slashes', '/../a//b/'],
  ['percent signs', '%2F%00%31'],
  ['line ends', 'a\r\nb\nc'],
  ['NUL', 'a\u0000b'],
  ['emoji', '🔒👩‍👩‍👧'],
  ['quotes and backslashes', '"a\\"\''],
  ['a byte order mark', '\ufeffa'],
  ['JSON', '{"a":[1,null]}'],
  ['a number', '1e3'],
])('a name with %s', (_, text) => {
  test.each([true, false])(
    'is kept to the character, waited for and freed (pipelined: %s)',
    async (enableAutoPipelining) => {
      await using world = await openWorld(server)
      const name = `${text}${freshName()}`
      const [one, other] = [world.locks({}, { enableAutoPipelining }), world.locks({}, { enableAutoPipelining })]
      const lease = await one.acquire(name)
      expect(await world.raw.command('GET', `lock:${name}`)).toBe(lease.owner)
      expect(await one.inspect(name)).toMatchObject({ name, holders: [{ fence: lease.fence }] })
      const waiting = other.acquire(name)
      expect(await lease.release()).toBe('released')
      const next = await waiting
      expect(next.fence).toBeGreaterThan(lease.fence ?? Infinity)
      expect(await next.release()).toBe('released')
    },
  )
})
