import { findPostgres, type PostgresServer } from '@holdfast/testkit/postgres'
import { startRedis } from '@holdfast/testkit/redis'
import { afterAll, describe, expect, test } from 'vitest'
import { folder, holdfast, start } from './support/holdfast.js'
import { WORK } from './support/programs.js'

const core = import.meta.resolve('@holdfast/core')
const ioredis = import.meta.resolve('ioredis')
const adapter = import.meta.resolve('@holdfast/adapter-ioredis')

describe('a module', () => {
  const files = folder()
  afterAll(() => files[Symbol.dispose]())
  const memory = `import { memoryBackend } from '${core}'\n`

  const MODULES: readonly (readonly [title: string, source: string])[] = [
    ['a backend', `${memory}export default memoryBackend()`],
    ['a function that makes one', `${memory}export default () => memoryBackend()`],
    ['a function that makes one later', `${memory}export default async () => memoryBackend()`],
  ]
  test.concurrent.each(MODULES)('whose default export is %s', async (title, source) => {
    const module = files.file(`${title.replaceAll(' ', '-')}.mjs`, source)
    const ended = await holdfast(['run', 'a', '--module', module, '--', 'sh', '-c', 'echo $HOLDFAST_FENCE'])
    expect(ended).toEqual({ exitCode: 0, stdout: '1\n', stderr: '' })
  })

  test.concurrent('whose connections stay open does not keep the command alive', async () => {
    await using server = await startRedis({ own: true })
    const source = `import { Redis } from '${ioredis}'\nimport { ioredisBackend } from '${adapter}'
export default ioredisBackend(new Redis('${server.url}'), { fencing: false })`
    const module = files.file('open.mjs', source)
    expect(await holdfast(['ls', '--module', module])).toMatchObject({ exitCode: 0, stderr: '' })
    // Without fences, the fence of an outer run is not handed on either.
    const run = ['run', 'a', '--module', module, '--', 'sh', '-c', 'echo "$HOLDFAST_NAME ${HOLDFAST_FENCE-none}"']
    expect(await holdfast(run, { HOLDFAST_FENCE: '7' })).toEqual({ exitCode: 0, stdout: 'a none\n', stderr: '' })
  })

  const FAILURES: readonly (readonly [title: string, source: string | undefined, exitCode: number, stderr: RegExp])[] =
    [
      ['is not there', undefined, 125, /there is no file/],
      ['exports nothing', 'export const backend = 1', 125, /neither a backend nor a function that makes one/],
      ['exports another thing', 'export default { acquire: 1 }', 125, /neither a backend nor a function/],
      ['exports half a backend', 'export default { acquire() {}, capabilities: {} }', 125, /holdfast: .*backend/],
      ['is no JavaScript', 'export default {', 125, /cannot be loaded: Unexpected end of input/],
      ['imports what is not there', `import './no.mjs'`, 125, /cannot be loaded: Cannot find module/],
      ['fails', `throw new Error('no luck')`, 123, /the store of the module cannot be reached: no luck/],
      ['makes none', `export default () => { throw new Error('no luck') }`, 123, /cannot be reached: no luck/],
      ['never makes one', `export default () => new Promise(() => {})`, 123, /no answer within 2 s/],
    ]
  test.concurrent.each(FAILURES)('that %s ends it with a message', async (title, source, exitCode, stderr) => {
    const name = `${title.replaceAll(' ', '-')}.mjs`
    const module = source === undefined ? `${files.path}/${name}` : files.file(name, source)
    const ended = await holdfast(['ls', '--module', module, '--store-timeout', '2'])
    expect(ended).toEqual({ exitCode, stdout: '', stderr: expect.stringMatching(stderr) as unknown })
  })
})

const postgres = await findPostgres({ own: true }).catch(() => undefined)

describe.skipIf(postgres === undefined)('PostgreSQL', () => {
  test('says which command makes the tables, and then does all that Redis does', async () => {
    await using server = (await postgres?.start({ own: true })) as PostgresServer
    const env = { DATABASE_URL: server.url }
    const bare = await holdfast(['run', 'a', '--', 'true'], env)
    expect(bare).toMatchObject({ exitCode: 123, stderr: expect.stringContaining('holdfast migrate') as unknown })
    expect(await holdfast(['migrate'], env)).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await holdfast(['migrate'], env)).toMatchObject({ exitCode: 0, stderr: '' })

    await using holder = start(['run', 'a', '--label', 'me', '--', ...WORK], env)
    await holder.printed('ready')
    expect((await holdfast(['run', 'a', '--try', '--', 'true'], env)).exitCode).toBe(124)
    expect((await holdfast(['ls'], env)).stdout).toMatch(/^NAME.*\na +exclusive +me +\d+\.\d s +-\n$/)
    expect((await holdfast(['release', 'a'], env)).exitCode).toBe(0)
    expect((await holder.ended).exitCode).toBe(122)
    expect((await holdfast(['ls', '--prefix', 'a'], env)).exitCode).toBe(125)
  })
})
