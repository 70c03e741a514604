import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { redisBackend } from '../../src/redis/index.js'
import { claimOf, type Sent, scriptedServer } from './scripted.js'

const claim = claimOf('name')
const CONTENDED = { contended: true }
const ownership = { name: claim.name, owner: claim.owner }
const scriptsOf = (sent: readonly Sent[]): readonly string[] => sent.map(({ script }) => script)

describe('a script that leaves a part of the line', () => {
  test('is followed until the line has moved on, without being waited for', async () => {
    let left = 3
    const server = scriptedServer(
      ({ script }) => (script === 'advance' ? ((left -= 1) > 0 ? 'd+' : 'd') : 'r+'),
      CONTENDED,
    )
    expect(await redisBackend(server).release(ownership)).toBe('released')
    while (left > 0) await turn()
    await turn()
    expect(scriptsOf(server.sent)).toEqual(['release', 'advance', 'advance', 'advance'])
    expect(server.sent.every(({ keys }) => keys[0] === 'lock:name')).toBe(true)
  })

  test('is followed by one call at a time, however many replies ask for it', async () => {
    let answer = (): void => {}
    const server = scriptedServer(async ({ script }) => {
      if (script === 'advance') await new Promise<void>((resolve) => (answer = resolve))
      return script === 'advance' ? 'd' : 'b5000:+'
    }, CONTENDED)
    const backend = redisBackend(server)
    for (let i = 0; i < 5; i++) expect(await backend.acquire(claim)).toMatchObject({ retryAfterMs: 5_000 })
    expect(scriptsOf(server.sent).filter((script) => script === 'advance').length).toBe(1)
    answer()
    for (let i = 0; i < 5; i++) await turn()
    // A second call follows, for the replies that asked for it during the first.
    expect(scriptsOf(server.sent).filter((script) => script === 'advance').length).toBe(2)
    answer()
  })

  test('did what was asked, whatever becomes of the rest', async () => {
    const server = scriptedServer(({ script }) => {
      if (script === 'advance') throw new Error('the connection was closed')
      return 'e+'
    })
    expect(await redisBackend(server).evict('name')).toBe(true)
    await turn()
    expect(scriptsOf(server.sent)).toEqual(['evict', 'advance'])
  })

  test('and could not decide is asked again', async () => {
    const replies = ['m', 'm', 'a7']
    const server = scriptedServer(() => replies.shift(), CONTENDED)
    expect(await redisBackend(server).acquire(claim)).toMatchObject({ acquired: true, fence: 7 })
    expect(server.sent.length).toBe(3)
  })
})
