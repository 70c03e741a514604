import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-6'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../workspace.js'

// A program in the repository's own folder finds the packages as their users find them: by name, as they are built.
const folder = join(root, 'node_modules/.cache/holdfast-typescript')

const USE = `
import { createLocker, type Lease, type LockBackend, memoryBackend } from '@holdfast/core'
import { redisBackend, type RedisTransport } from '@holdfast/core/redis'
import { asyncContext } from '@holdfast/core/async-context'
import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { upstashBackend } from '@holdfast/adapter-upstash'

export const makers: readonly unknown[] = [ioredisBackend, nodeRedisBackend, upstashBackend]
export const overRedis = (transport: RedisTransport): LockBackend => redisBackend(transport, { prefix: 'lock:' })
const locks = createLocker({ backend: memoryBackend(), context: asyncContext(), observer: { lost: () => {} } })
export async function main(): Promise<number | null> {
  await using lease: Lease = await locks.acquire('job', { ttlMs: 5_000 })
  return locks.request('other', { waitMs: 0 }, async ({ fence }) => fence ?? lease.fence)
}
`

const strict: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  // As a project without Node's types has it: those would bring what is disposable along.
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  types: [],
  skipLibCheck: false,
}

const node10: ts.CompilerOptions = {
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node10,
  ignoreDeprecations: '6.0',
}
const nodeNext: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
}
const node16: ts.CompilerOptions = { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 }
const bundler: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
}

function mistakes(file: string, source: string, options: ts.CompilerOptions): readonly string[] {
  const path = join(folder, file)
  writeFileSync(path, source)
  const program = ts.createProgram([path], { ...strict, ...options })
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ code, messageText }) => `TS${code}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
}

beforeAll(() => void mkdirSync(folder, { recursive: true }))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('without skipLibCheck and without the types of Node, a program compiles', () => {
  test.each([
    ['an ES module, module: nodenext', 'a.mts', nodeNext],
    ['an ES module, module: node16', 'b.mts', node16],
    ['an ES module for a bundler', 'c.ts', bundler],
    ['a CommonJS module, module: nodenext', 'd.cts', nodeNext],
    ['module: commonjs', 'e.ts', node10],
  ])('%s', { timeout: 120_000 }, (_, file, options) => {
    expect(mistakes(file, USE, options)).toEqual([])
  })

  // Node 16 cannot load an ES module by require(), and this setting speaks of it. The README says what to choose.
  test('but a CommonJS module with module: node16 has to become an ES module', { timeout: 120_000 }, () => {
    expect(mistakes('f.cts', USE, node16).every((each) => each.startsWith('TS1479'))).toBe(true)
  })
})

describe('the types of request', () => {
  const head = `import { createLocker, type AcquireOptions, type Lease, memoryBackend, type RequestOptions } from '@holdfast/core'
const locks = createLocker({ backend: memoryBackend() })
export const fenceOf = (lease: Lease): number | null => lease.fence
`
  const compiles = [
    "locks.request('a', (lease) => lease.fence)",
    "locks.request('a', {}, (lease) => lease.fence)",
    "locks.request('a', { waitMs: 5 }, (lease) => lease.fence)",
    "locks.request('a', { ifAvailable: false }, (lease) => lease.fence)",
    "locks.request('a', { ifAvailable: undefined }, fenceOf)",
    "locks.request('a', { ifAvailable: true }, (lease) => lease?.fence)",
    "const o = { waitMs: 5 }; locks.request('a', o, (lease) => lease.fence)",
    "const o: AcquireOptions = {}; locks.request('a', o, (lease) => lease.fence)",
    "const o = { ifAvailable: true }; locks.request('a', o, (lease) => lease?.fence)",
    "const o: RequestOptions = {}; locks.request('a', o, (lease) => lease?.fence)",
  ]
  const refused = [
    "locks.request('a', { ifAvailable: true }, (lease) => lease.fence)",
    "const o = { ifAvailable: true }; locks.request('a', o, (lease) => lease.fence)",
    "const o = { ifAvailable: true }; locks.request('a', o, fenceOf)",
    "const o: RequestOptions = {}; locks.request('a', o, (lease) => lease.fence)",
    "locks.request('a', { ttl: 5 }, (lease) => lease.fence)",
  ]

  test('let a callback assume a lease only where it gets one', { timeout: 120_000 }, () => {
    const line = (each: string): string => `{ ${each} }\n`
    expect(mistakes('g.mts', head + compiles.map(line).join(''), nodeNext)).toEqual([])
    const expected = refused.map((each) => `// @ts-expect-error\n${line(each)}`)
    expect(mistakes('h.mts', head + expected.join(''), nodeNext)).toEqual([])
  })
})
