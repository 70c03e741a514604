import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { connectRaw, findRedisServer, freePort, startRedis, type RedisServer } from '../src/redis/index.js'
import { cacheFolder } from '../src/redis/find/debian/cache-folder.js'
import { onPath } from '../src/redis/process/exec.js'

let directory: string
let own: RedisServer
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-ladder-'))
  own = await startRedis({ own: true, args: ['--requirepass', 's3cret'] })
})
afterAll(async () => {
  await own.stop()
  await rm(directory, { recursive: true, force: true })
})
afterEach(() => vi.unstubAllEnvs())

/** A machine on which no rung of the ladder works. */
const stubNothing = (): void => {
  vi.stubEnv('REDIS_URL', '')
  vi.stubEnv('PATH', join(directory, 'empty'))
  vi.stubEnv('DOCKER_HOST', `unix://${join(directory, 'no.sock')}`)
}

const machinePath = process.env['PATH'] ?? ''

const install = async (folder: string, name: string, text: string): Promise<void> => {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
}

/**
 * Installs the server of this run under a name. The folder is then the whole PATH of a test, so that nothing else that
 * this machine has is found; only the server itself gets the PATH of the machine. Answers false when it is a container.
 */
const installServer = async (folder: string, name: string): Promise<boolean> => {
  if (!own.executable) return false
  const libraries = join(own.executable, '..', '..', 'lib')
  const path = (await readdir(libraries, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((file) => file.name.includes('.so'))
    .map((file) => file.parentPath)
  const settings = [
    `PATH=${machinePath}`,
    own.source === 'apt' ? `LD_LIBRARY_PATH=${[...new Set(path)].join(':')}` : '',
  ]
  const quoted = [...settings.filter(Boolean), own.executable].map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
  await install(folder, name, `exec /usr/bin/env ${quoted.join(' ')} "$@"`)
  return true
}

describe('REDIS_URL', () => {
  test('comes first, with its password', async () => {
    vi.stubEnv('REDIS_URL', `redis://:s3cret@127.0.0.1:${own.port}/0`)
    const redis = await startRedis()
    expect(redis).toMatchObject({ source: 'env', host: '127.0.0.1', port: own.port, version: own.version })
  })

  test('names a server that is left alone', async () => {
    vi.stubEnv('REDIS_URL', `redis://:s3cret@127.0.0.1:${own.port}`)
    const redis = await startRedis()
    for (const control of [redis.pause, redis.resume, redis.kill, redis.restart]) {
      await expect(control()).rejects.toThrow('was not started here')
    }
    await redis.stop()
    await using client = await connectRaw(own.port)
    await expect(client.command('PING')).rejects.toThrow('NOAUTH')
  })

  test('that does not answer ends the search and keeps its password', async () => {
    vi.stubEnv('REDIS_URL', `redis://user:t0psecret@127.0.0.1:${await freePort()}`)
    const error: unknown = await startRedis().catch((reason: unknown) => reason)
    expect(String(error)).toMatch(/REDIS_URL is set, but no Redis answers at 127\.0\.0\.1:\d+: .*ECONNREFUSED/)
    expect(String(error)).not.toContain('t0psecret')
  })

  test('with a wrong password ends the search', async () => {
    vi.stubEnv('REDIS_URL', `redis://:wrong@127.0.0.1:${own.port}`)
    await expect(startRedis()).rejects.toThrow(/WRONGPASS/)
    vi.stubEnv('REDIS_URL', `redis://127.0.0.1:${own.port}`)
    await expect(startRedis()).rejects.toThrow(/NOAUTH/)
  })

  test('that is no Redis URL ends the search', async () => {
    vi.stubEnv('REDIS_URL', 'http://localhost')
    await expect(startRedis()).rejects.toThrow('is no redis:// or rediss:// URL')
  })

  test.each([{ own: true }, { args: ['--maxmemory', '5mb'] }])('is passed over for %j', async (options) => {
    stubNothing()
    vi.stubEnv('REDIS_URL', `redis://:s3cret@127.0.0.1:${own.port}`)
    await expect(findRedisServer(options)).rejects.toThrow(/env +REDIS_URL is passed over/)
  })
})

describe('a program on PATH', () => {
  test.each(['redis-server', 'valkey-server'])('is found as %s and started', async (name) => {
    const folder = join(directory, name)
    if (!(await installServer(folder, name))) return expect(own.source).toBe('docker')
    stubNothing()
    vi.stubEnv('PATH', folder)
    await using redis = await startRedis({ source: 'path' })
    const { source, executable, version } = redis
    expect({ source, executable, version }).toEqual({
      source: 'path',
      executable: join(folder, name),
      version: own.version,
    })
    await using client = await connectRaw(redis.port)
    expect(await client.command('PING')).toBe('PONG')
  })

  test('that does not run is a reason, not a crash', async () => {
    const folder = join(directory, 'broken')
    await install(folder, 'redis-server', 'echo "cannot open shared object file" >&2; exit 127')
    await install(folder, 'valkey-server', 'echo "Something else v=1"')
    stubNothing()
    vi.stubEnv('PATH', folder)
    const error: unknown = await findRedisServer().catch((reason: unknown) => reason)
    expect(String(error)).toMatch(/path +.*cannot open shared object file.*is no Redis server/)
  })
})

test('without any Redis the error names every rung, its failure, and what to install', async () => {
  stubNothing()
  const error: unknown = await startRedis().catch((reason: unknown) => reason)
  expect(String(error)).toMatch(/env +REDIS_URL is not set/)
  expect(String(error)).toMatch(/path +neither redis-server nor valkey-server is on PATH/)
  expect(String(error)).toMatch(/docker +no Docker engine answers at .*no\.sock \(ENOENT\)/)
  expect(String(error)).toMatch(/apt +apt-get is not on PATH/)
  expect(String(error)).toContain('apt-get install redis-server')
})

test('a rung that is asked for is the only one', async () => {
  stubNothing()
  const error: unknown = await startRedis({ source: 'docker' }).catch((reason: unknown) => reason)
  expect(String(error)).toContain('no Docker engine answers')
  expect(String(error)).not.toContain('apt-get is not on PATH')
})

describe('the download of Debian packages', () => {
  const damage = async (entry: string): Promise<void> => {
    const binaries = join(entry, 'usr', 'bin')
    await mkdir(binaries, { recursive: true })
    await writeFile(join(binaries, 'redis-server'), '', { mode: 0o755 })
  }

  const find = async (): Promise<string> => (await findRedisServer({ source: 'apt' })).description

  test('is used again from the cache, where damage heals', async ({ skip }) => {
    stubNothing()
    vi.stubEnv('XDG_CACHE_HOME', join(directory, 'used'))
    const folder = await cacheFolder()
    const executable = join(folder, 'server-1', 'usr', 'bin', 'redis-server')
    if (!(await installServer(dirname(executable), 'redis-server'))) skip('the server of this machine is a container')
    await damage(join(folder, 'server-0'))
    // The tools download nothing: only the cache can answer.
    for (const tool of ['apt-get', 'apt-cache', 'dpkg', 'dpkg-deb'])
      await install(join(directory, 'tools'), tool, 'exit 1')
    vi.stubEnv('PATH', join(directory, 'tools'))

    expect(await find()).toBe(executable)
    expect(await readdir(folder)).toEqual(['server-1'])
  })

  test('serves processes that start at once, over a damaged cache', async ({ skip }) => {
    if (!((await onPath('apt-get')) && (await onPath('dpkg')))) {
      return expect(find()).rejects.toThrow('this is no Debian or Ubuntu')
    }
    vi.stubEnv('XDG_CACHE_HOME', join(directory, 'fresh'))
    const folder = await cacheFolder()
    await damage(join(folder, 'server-0'))

    const found = await Promise.all([find(), find()]).catch((error: unknown) => String(error))
    if (/could not resolve|failed to fetch|unable to connect/i.test(String(found))) {
      skip('no package mirror can be reached')
    }
    if (typeof found === 'string') throw new Error(found)
    for (const executable of found) expect(executable.startsWith(folder)).toBe(true)
    const entries = await readdir(folder)
    expect(entries.filter((name) => !/^server-.{36}$/.test(name))).toEqual([])

    await using redis = await startRedis({ source: 'apt' })
    expect(found).toContain(redis.executable)
    await using client = await connectRaw(redis.port)
    expect(await client.command('PING')).toBe('PONG')
  })
})

describe('the cache folder', () => {
  test.each<[string, Readonly<Record<string, string | undefined>>, string]>([
    ['follows XDG_CACHE_HOME', { XDG_CACHE_HOME: 'xdg', HOME: 'home' }, 'xdg/holdfast/'],
    ['is below the home', { XDG_CACHE_HOME: undefined, HOME: 'home' }, 'home/.cache/holdfast/'],
    ['is a temporary one of this user when HOME is empty', { XDG_CACHE_HOME: '', HOME: '' }, 'tmp/holdfast-'],
    ['is a temporary one when HOME is unset', { XDG_CACHE_HOME: undefined, HOME: undefined }, 'tmp/holdfast-'],
    ['is a temporary one when HOME cannot be written', { XDG_CACHE_HOME: undefined, HOME: 'file' }, 'tmp/holdfast-'],
  ])('%s', async (_, environment, expected) => {
    await mkdir(join(directory, 'tmp'), { recursive: true })
    await writeFile(join(directory, 'file'), '')
    for (const [name, value] of Object.entries({ TMPDIR: 'tmp', ...environment })) {
      vi.stubEnv(name, value && join(directory, value))
    }
    const folder = await cacheFolder()
    expect(folder.startsWith(join(directory, expected))).toBe(true)
    expect(await cacheFolder()).toBe(folder)
  })

  test('is not one that somebody else made', async ({ skip }) => {
    const home = join(directory, 'stranger')
    vi.stubEnv('XDG_CACHE_HOME', home)
    vi.stubEnv('TMPDIR', directory)
    const strange = await cacheFolder()
    await chown(strange, 65_534, 65_534).catch(() => skip('this user cannot give a folder away'))
    expect(await cacheFolder()).not.toBe(strange)
  })
})
