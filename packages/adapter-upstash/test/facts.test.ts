import { afterAll, describe, expect, test } from 'vitest'
import { openServer, openWorld } from './support/open.js'

const server = await openServer()
afterAll(() => server.stop())

const INCREASE = "return redis.call('INCR', KEYS[1])"
let keys = 0
const freshKey = (): string => `fact-${(keys += 1)}`

// Facts that the adapter relies on or guards against. A failure here means that the client has changed: look at src/
// again.
describe.concurrent('a client of @upstash/redis', () => {
  test('executes a command again when its reply was lost', async () => {
    await using world = await openWorld(server)
    world.gateway.loseReply()
    expect(await world.client().eval(INCREASE, [freshKey()], [])).toBe(2)
  })

  test('executes a command again even with retry: false, and only with retries: 0 does not', async () => {
    await using world = await openWorld(server)
    const lost = world.gateway.loseReply({ times: Infinity })
    await expect(world.client({ retry: false }).eval(INCREASE, [freshKey()], [])).rejects.toThrow('fetch failed')
    expect(lost.fired).toBe(2)
    await expect(world.client({ retry: { retries: 0 } }).eval(INCREASE, [freshKey()], [])).rejects.toThrow(
      'fetch failed',
    )
    expect(lost.fired).toBe(3)
  })

  test('sends what is asked in one tick in one request', async () => {
    await using world = await openWorld(server)
    const client = world.client()
    await Promise.all([client.eval(INCREASE, [freshKey()], []), client.incr(freshKey())])
    expect(world.gateway.stats()).toMatchObject({ requests: 1, commands: 2 })
  })

  test('reports an unknown script in other words in a pipeline', async () => {
    await using world = await openWorld(server)
    const sha1 = '0'.repeat(40)
    await expect(world.client().evalsha(sha1, [], [])).rejects.toThrow(/^Command failed: NOSCRIPT /)
    const single = world.client({ enableAutoPipelining: false })
    await expect(single.evalsha(sha1, [], [])).rejects.toThrow(/^NOSCRIPT [^]*, command was: \["evalsha"/)
  })

  test('shows the whole command, and that of others, in its error', async () => {
    await using world = await openWorld(server)
    world.gateway.answer({ status: 401 })
    const client = world.client()
    const [error] = await Promise.allSettled([
      client.eval(INCREASE, ['key'], ['owner']),
      client.set('theirs', 'secret'),
    ])
    expect(error).toMatchObject({ status: 'rejected', reason: { name: 'UpstashError' } })
    expect(String(error.status === 'rejected' && error.reason)).toMatch(/command was: [^]*owner[^]*secret/)
  })

  test('quotes what is no JSON', async () => {
    await using world = await openWorld(server)
    world.gateway.answer({ status: 502, body: '<html>secret</html>' })
    await expect(world.client().get('key')).rejects.toMatchObject({
      name: 'UpstashJSONParseError',
      message: expect.stringContaining('secret') as unknown,
    })
  })

  test('turns what looks like JSON into something else', async () => {
    await using world = await openWorld(server)
    const client = world.client()
    const echo = (text: string): Promise<unknown> => client.eval('return ARGV[1]', [], [text])
    expect(await echo('123')).toBe(123)
    expect(await echo('null')).toBeNull()
    expect(await echo('"q"')).toBe('q')
    expect(await echo('a123')).toBe('a123')
    expect(await client.eval("return { 'o123', 'p', '7' }", [], [])).toEqual(['o123', 'p', 7])
  })

  test('takes the reason of a static signal for the answer of the database', async () => {
    await using world = await openWorld(server)
    world.gateway.hang({ executed: false })
    const controller = new AbortController()
    const client = world.client({ enableAutoPipelining: false, responseEncoding: false, signal: controller.signal })
    const answer = client.eval(INCREASE, [freshKey()], [])
    controller.abort(1)
    expect(await answer).toBe(1)
  })

  test('rejects with a signal of its own for each request', async () => {
    await using world = await openWorld(server)
    world.gateway.hang({ executed: false })
    const client = world.client({ signal: () => AbortSignal.timeout(100) })
    await expect(client.get('key')).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  test('repeats the sync token that it was given', async () => {
    await using world = await openWorld(server)
    const client = world.client()
    await client.get('key')
    const token = client.readYourWritesSyncToken
    expect(token).toMatch(/^sync-/)
    await client.get('key')
    expect(client.readYourWritesSyncToken).toBe(token)
  })
})
