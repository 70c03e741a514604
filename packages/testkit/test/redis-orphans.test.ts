import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import ts from 'typescript-6'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { connectRaw, findRedisServer, type RedisSource } from '../src/redis/index.js'

const source = join(import.meta.dirname, '..', 'src', 'redis')
let directory: string
let program: RedisSource | undefined

// Containers are not tested here: Testcontainers has its own reaper.
beforeAll(async () => {
  for (const wanted of ['path', 'apt'] as const) {
    program ??= await findRedisServer({ source: wanted }).then(
      ({ source: found }) => found,
      () => undefined,
    )
  }
})
// The processes that are killed need the tools as plain JavaScript, built or not.
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-orphans-'))
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }')
  for (const name of await readdir(source, { recursive: true })) {
    if (!name.endsWith('.ts')) continue
    const { outputText } = ts.transpileModule(await readFile(join(source, name), 'utf8'), { compilerOptions })
    await mkdir(join(directory, dirname(name)), { recursive: true })
    await writeFile(join(directory, name.replace(/\.ts$/, '.js')), outputText)
  }
})
beforeEach(({ skip }) => skip(program === undefined, 'no server program on this machine'))
afterAll(() => rm(directory, { recursive: true, force: true }))

interface Orphanage {
  readonly child: ChildProcess
  readonly port: number
  readonly files: string
}

const begin = async (then: string): Promise<Orphanage> => {
  const code = `
    import { startRedis } from ${JSON.stringify(join(directory, 'start.js'))}
    import { connectRaw } from ${JSON.stringify(join(directory, 'wire', 'raw-client.js'))}
    const redis = await startRedis({ source: '${program}' })
    const client = await connectRaw(redis.port)
    const [, files] = await client.command('CONFIG', 'GET', 'dir')
    client.close()
    console.log(redis.port + ' ' + files)
    ${then}`
  const args = ['--input-type=module', '--eval', code]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface(child.stdout)) {
    const [port, files = ''] = line.split(' ')
    return { child, port: Number(port), files }
  }
  throw new Error('the process ended before its server had started')
}

const isGone = async ({ port, files }: Orphanage): Promise<void> => {
  await vi.waitFor(() => expect(connectRaw(port)).rejects.toThrow('ECONNREFUSED'), 10_000)
  await vi.waitFor(() => expect(existsSync(files)).toBe(false), 10_000)
}

test.each<[string, string, NodeJS.Signals?]>([
  ['is killed', 'setInterval(() => {}, 1000)', 'SIGKILL'],
  ['is told to terminate', 'setInterval(() => {}, 1000)', 'SIGTERM'],
  ['is killed while its server is frozen', 'await redis.pause(); setInterval(() => {}, 1000)', 'SIGKILL'],
  ['exits', 'process.exit(0)'],
  ['throws', 'process.on("uncaughtException", () => process.exit(1)); throw new Error("on purpose")'],
])('a server does not outlive a process that %s', async (_, then, signal) => {
  const orphanage = await begin(then)
  const exited = orphanage.child.exitCode === null ? once(orphanage.child, 'exit') : undefined
  if (signal) orphanage.child.kill(signal)
  await exited
  await isGone(orphanage)
})

test('a forgotten server does not keep its process alive', async () => {
  const orphanage = await begin('')
  if (orphanage.child.exitCode === null) await once(orphanage.child, 'exit')
  expect(orphanage.child.exitCode).toBe(0)
  await isGone(orphanage)
})

test('a process that waits for the end of a server does not end before it', async () => {
  const code = `
    import { supervise } from ${JSON.stringify(join(directory, 'process', 'supervise.js'))}
    const running = await supervise({ executable: '/bin/sleep', args: ['1'], env: {}, directory: '/nowhere' })
    await running.untilEnded()
    console.log('ended')`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) lines.push(line)
  expect(lines).toEqual(['ended'])
})
