import { connectRaw, freePort, startRedis } from '@holdfast/testkit/redis'
import { expect, test } from 'vitest'
import { holdfast } from './support/holdfast.js'

const USER = 'canary-user'
const PASSWORD = 'canary/pass word:9f8e'
const WRITTEN = encodeURIComponent(PASSWORD)

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
await raw.command('ACL', 'SETUSER', USER, 'on', `>${PASSWORD}`, '~*', '&*', '+@all')
const SOMETHING = expect.stringMatching(/./) as unknown
const closed = await freePort()

const at = (port: number, scheme = 'redis', password = WRITTEN): string =>
  `${scheme}://${USER}:${password}@127.0.0.1:${port}`

const URLS: readonly (readonly [title: string, url: string])[] = [
  ['that is right', at(server.port)],
  ['with a wrong password', at(server.port, 'redis', `wrong-${WRITTEN}`)],
  ['of a server that is down', at(closed)],
  ['of PostgreSQL, down', at(closed, 'postgres')],
  ['with the password in its query', `postgres://127.0.0.1:${closed}/app?user=${USER}&password=${WRITTEN}`],
  ['of another scheme', at(server.port, 'http')],
  ['that is none, with a slash in the password', `redis://${USER}:${PASSWORD}@127.0.0.1:${closed}`],
  ['that is none', `redis://${USER}:${WRITTEN}@[`],
  ['with a password in the place of the user', `redis://${WRITTEN}@127.0.0.1:${closed}`],
]

test.concurrent.each(URLS)('nothing that is printed has the password of a URL %s', async (_, url) => {
  const option = url.startsWith('postgres') ? 'postgres' : 'redis'
  const variable = `HOLDFAST_${option.toUpperCase()}_URL`
  const run = ['a', '--', 'true']
  const ended = await Promise.all([
    holdfast(['ls'], { [variable]: url }),
    holdfast(['run', `--${option}`, url, ...run]),
    holdfast(['inspect', `--${option}=${url}`, 'a']),
  ])
  // The url at a wrong place: as an option that does not exist, as a value, as an argument too many.
  const misplaced = await Promise.all([
    holdfast(['run', `--sotre=${url}`, ...run]),
    holdfast(['run', '--ttl', url, ...run]),
    holdfast(['ls', url]),
  ])
  for (const { stdout, stderr } of [...ended, ...misplaced]) {
    for (const secret of [PASSWORD, WRITTEN, 'canary/pass', 'canary%2Fpass'])
      expect(stdout + stderr).not.toContain(secret)
  }
  for (const { exitCode, stderr } of misplaced)
    expect({ exitCode, stderr }).toEqual({ exitCode: 125, stderr: SOMETHING })
})

test('the password is used', async () => {
  expect(await holdfast(['ls'], { HOLDFAST_REDIS_URL: at(server.port) })).toMatchObject({ exitCode: 0 })
  const refused = await holdfast(['ls'], { HOLDFAST_REDIS_URL: at(server.port, 'redis', 'wrong') })
  expect(refused).toMatchObject({ exitCode: 123, stderr: expect.stringContaining('WRONGPASS') as unknown })
})
