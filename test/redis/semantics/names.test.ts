import { toLockManager } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually } from '../../support/eventually.js'
import { listed } from '../../support/listed.js'
import { open } from '../../support/open.js'

const LONGEST = 1024

/** Names that look like each other, like parts of the protocol, like properties, and like the keys beside a lock. */
const besides = (lock: string): string[] =>
  ['f', 'l', 'p'].flatMap((side) => [`{${lock}}:${side}`, `:{${lock}}:${side}`])
const names = [
  ...['a', 'A', ' ', 'a ', 'a:fence', 'a:f', 'lock:a', 'lock:', ':', '.', '*', '?', '[a]', '\\', '%', '%25', 'a%00'],
  ...['{', '}', '{}', '}{', '{}a', '{a}', 'a{', 'a}', '{a', 'x{a}', '{a}{b}', 'a{b}', '{{a}}', '{}{a}'],
  ...['a\r\nb', '\r\n', '\0', 'a\0', '\u{1F512}', '\u{1F512}\u{FE0F}', '\u00e9', 'e\u0301'],
  ...['__proto__', 'constructor', 'toString', 'null', 'undefined', 'true', '1', '01', '1e3', 'OK'],
  ...['turn', 'turn:', 'x'.repeat(LONGEST), 'x'.repeat(LONGEST - 1), '\u{1F512}'.repeat(LONGEST / 4)],
  ...[...besides('a'), ...besides('lock:a'), ...besides('{a}'), ...besides('lock:{a}'), '{a}:f:a', '{a}:f:lock:a'],
]

describe.concurrent.each(clients)('by $name,', (client) => {
  describe.concurrent.each(['lock:', '', '{app}:', 'a%*?[x]\\'])('with the prefix %o,', (prefix) => {
    // All names at once, each held and waited for, so that every key which may exist does.
    test('no two names share a key', async () => {
      await using server = await startRedis({ own: true })
      await using raw = await connectRaw(server)
      await using holder = await open(client, server.port, { prefix })
      await using other = await open(client, server.port, { prefix })
      const leases = await Promise.all(names.map((name) => holder.locks.acquire(name)))
      expect(new Set(leases.map(({ owner }) => owner)).size).toBe(names.length)
      expect(await raw.command('DBSIZE')).toBe(names.length * 2)

      const waiting = names.map((name) => other.locks.acquire(name))
      await eventually(async () => expect(await raw.command('DBSIZE')).toBe(names.length * 4))
      for (const { name, owner } of leases) expect(await raw.command('GET', prefix + name)).toBe(owner)
      const held = await listed(holder.backend)
      expect(held.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
      expect(held.every(({ holders, line }) => holders.length === 1 && line?.length === 1)).toBe(true)

      expect(await Promise.all(leases.map((lease) => lease.release()))).toEqual(names.map(() => 'released'))
      const next = await Promise.all(waiting)
      for (const [i, lease] of next.entries()) expect(lease.fence).toBeGreaterThan(leases[i]?.fence ?? 0)
      await Promise.all(next.map((lease) => lease.release()))
      expect(await raw.command('DBSIZE')).toBe(names.length)
      for (const name of names) expect(await raw.command('EXISTS', prefix + name)).toBe(0)
      expect(await listed(holder.backend)).toEqual([])
    })

    test('each name that is only waited for is listed, and no other', async () => {
      await using server = await startRedis({ own: true })
      await using raw = await connectRaw(server)
      const { backend, end } = await client.connect(server.port, prefix)
      const claim = { ttlMs: 60_000, mode: 'exclusive', limit: 1 } as const
      await Promise.all(names.map((name) => backend.acquire({ ...claim, name, owner: 'a' })))
      await Promise.all(names.map((name) => backend.acquire({ ...claim, name, owner: 'b', lineMs: 60_000 })))
      for (const name of names) await raw.command('DEL', prefix + name)
      const waitedFor = (await listed(backend)).toSorted((one, other) => (one.name < other.name ? -1 : 1))
      expect(waitedFor).toEqual(
        names.toSorted().map((name) => ({
          name,
          mode: 'exclusive',
          holders: [],
          waiting: 1,
          line: [{ owner: 'b', mode: 'exclusive' }],
        })),
      )
      end()
    })
  })
  // A name of a manager need not be a valid name of the store: it is coded, and shown as it was given.
  test.each(['', '*', '[a]^\\?', '{', '{x}', ':', '.', '~', 'web:', '\u00e9:'])(
    'names of web locks come back as they went, with the prefix %o',
    async (prefix) => {
      await using server = await startRedis({ own: true })
      await using user = await open(client, server.port, { prefix, label: 'a~b\n{}' })
      const manager = toLockManager(user.locks)
      const given = [
        ...['', '\0', '%', '%#', '\ud800', '{', '}', '{a}', '}:l:', '{web:a}:l', '}:l', 'a}:l:b', '.', '..{a}:l'],
        ...['y'.repeat(1_000), 'z'.repeat(3_000), '{'.repeat(1_000)],
      ]
      const ends: Promise<unknown>[] = []
      for (const name of given) {
        ends.push(manager.request(name, () => new Promise(() => {})).catch(() => {}))
        ends.push(manager.request(name, { mode: 'shared' }, () => {}).catch(() => {}))
      }
      const { held, pending } = await manager.query()
      expect(held.map(({ name }) => name).toSorted()).toEqual(given.toSorted())
      expect(pending.map(({ name }) => name).toSorted()).toEqual(given.toSorted())
      await user.locks.close()
      await Promise.all(ends)
    },
  )
})
