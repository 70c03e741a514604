import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { memoryBackend, memoryStore } from '@holdfast/core'
import { afterAll, describe, expect, it } from 'vitest'
import type { CommandResult } from '../src/command/main.js'
import { conformanceCases, renderReport, runConformance, virtualClock, type ConformanceTarget } from '../src/index.js'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../dist/bin.js', import.meta.url))

/** Runs the command as users do: from the built files, in processes of its own. */
async function main(
  args: readonly string[],
): Promise<Pick<CommandResult, 'text'> & { exitCode: number; progress: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], (error, text, progress) =>
      resolve({ text, exitCode: Number(error?.code ?? 0), progress }),
    )
  })
}
const core = import.meta.resolve('@holdfast/core')
const target = (wrong = ''): string => `
import { memoryBackend, memoryStore } from '${core}'
const store = memoryStore()
const backend = () => ({ ...memoryBackend({ store }) ${wrong} })
export default { name: 'mine', open: async () => ({ backends: [backend(), backend()] }) }
`

const folder = await mkdtemp(join(tmpdir(), 'holdfast-runners-'))
afterAll(() => rm(folder, { recursive: true }))

async function module(source: string): Promise<string> {
  const file = join(folder, `${randomUUID()}.mjs`)
  await writeFile(file, source)
  return file
}

describe('runConformance', () => {
  it('fails a case that hangs by its limit, and goes on', async () => {
    const clock = virtualClock()
    const store = memoryStore()
    const hanging: ConformanceTarget = {
      name: 'hanging',
      clock,
      open: async () => {
        const one = memoryBackend({ clock, store })
        return { backends: [{ ...one, evict: () => new Promise<boolean>(() => undefined) }, { ...one }] }
      },
    }
    const cases = conformanceCases.filter(({ id }) => id === 'eviction/nothing' || id === 'release/frees')
    const report = await runConformance(hanging, { cases, limitMs: 50 })
    expect(report.failed.map(({ id, by }) => [id, by])).toEqual([['eviction/nothing', 'timeout']])
    expect(report.passed.map(({ id }) => id)).toEqual(['release/frees'])
    expect(renderReport(report)).toContain('the case did not end: CaseTimeout: no answer to evict within 50 ms')
  }, 20_000)

  it('blames a backend that throws for throwing', async () => {
    const open: ConformanceTarget['open'] = async () => {
      const one = memoryBackend()
      const broken = { ...one, acquire: () => Promise.reject(new Error('connection refused')) }
      return { backends: [broken, { ...broken }] }
    }
    const cases = conformanceCases.filter(({ id }) => id === 'release/frees')
    const report = await runConformance({ name: 'throwing', open }, { cases })
    expect(report.failed[0]?.by).toBe('threw')
    expect(renderReport(report)).toContain('the backend threw Error: connection refused')
  })

  it('closes the store once, and reports are frozen', async () => {
    let closed = 0
    const open: ConformanceTarget['open'] = async () => {
      const store = memoryStore()
      return { backends: [memoryBackend({ store }), memoryBackend({ store })], close: async () => void closed++ }
    }
    const report = await runConformance({ name: 'closing', open }, { cases: conformanceCases.slice(0, 3) })
    expect(closed).toBe(1)
    expect([Object.isFrozen(report), Object.isFrozen(report.passed)]).toEqual([true, true])
  })
})

describe.concurrent('the command', () => {
  it.each([
    ['no argument', async () => [], 'Usage: holdfast-conformance <module>'],
    ['a missing file', async () => ['./nowhere.mjs'], 'there is no file'],
    ['a module without a target', async () => [await module('export const x = 1')], 'exports no target'],
    [
      'a target without open',
      async () => [await module("export const target = { name: 'x' }")],
      'needs an open() function',
    ],
    ['a backend without a method', async () => [await module(target(', extend: undefined'))], 'lacks extend()'],
    ['another version', async () => [await module(target(', specVersion: 2'))], 'has specVersion 2'],
    [
      'a single handle',
      async () => [await module("export default { name: 'x', open: async () => ({ backends: [{}] }) }")],
      'two handles on one store',
    ],
  ])('says what is wrong about %s', async (_, args, message) => {
    const { text, exitCode } = await main(await args())
    expect(text).toContain(message)
    expect(exitCode).toBe(2)
  })

  it('runs a module and answers 0 for a backend that keeps its promises', async () => {
    const { text, exitCode } = await main([await module(target()), '--case', 'release/*'])
    expect(text).toMatch(/PASS: \d+ passed, 0 failed, 0 skipped/)
    expect(exitCode).toBe(0)
  }, 60_000)

  it('answers 1 for a backend that breaks one, and names it', async () => {
    const { text, exitCode } = await main([
      await module(target(', inspect: async () => null')),
      '--case',
      'inspection/*',
    ])
    expect(text.split('\n').slice(0, 10).join('\n')).toContain('inspect shows who holds the name')
    expect(text).toContain('FAIL  inspection/holder: a held name is shown with mode and owner, through both handles')
    expect(exitCode).toBe(1)
  }, 60_000)

  it.each([
    ['leaves a rejection behind', '(Promise.reject(new Error("nobody waits")), m.evict(n))', 'nobody waits'],
    ['throws at once', '(() => { throw new Error("at once") })()', 'at once'],
    ['never answers', 'new Promise(() => {})', 'no answer to evict within 2000 ms'],
    ['ends the process', 'process.exit(9)', 'the process ended with code 9'],
    ['blocks the event loop', '(() => { for (;;); })()', 'the event loop was blocked'],
  ])(
    'writes a report about a backend that %s',
    async (_, expression, message) => {
      const wrong = `, evict: async (n) => n.includes('eviction/nothing') ? ${expression} : m.evict(n)`
      const source = target(wrong).replace(
        'const backend = () => ({ ...memoryBackend({ store })',
        'const m = memoryBackend({ store })\nconst backend = () => ({ ...m',
      )
      const args = ['--case', 'eviction/nothing', '--case', 'release/frees', '--limit', '2000', '--reporter', 'json']
      const { text, exitCode } = await main([await module(source), ...args])
      const { failed, passed } = JSON.parse(text) as {
        failed: { id: string; error: { message: string } }[]
        passed: { id: string }[]
      }
      expect(
        failed.map(({ id }) => id),
        text,
      ).toEqual(['eviction/nothing'])
      expect(failed[0]?.error.message).toContain(message)
      expect(passed.map(({ id }) => id)).toEqual(['release/frees'])
      expect(exitCode).toBe(1)
    },
    60_000,
  )

  it.each([
    ['opens', 'export default { name: "x", open: () => new Promise(() => {}) }', 'open() of target x did not end'],
    ['is imported', 'process.exit(5)', 'could not be opened: the process ended with code 5'],
  ])(
    'tells that it could not run when the target hangs or ends as it %s',
    async (_, source, message) => {
      const { text, exitCode } = await main([await module(source), '--limit', '500'])
      expect(text).toContain(message)
      expect(exitCode).toBe(2)
    },
    60_000,
  )

  /** A target of which the first process ends at its acquire of this number, and each later one runs `before` first. */
  const endingOnce = async (at: number, before = '', methods = ''): Promise<string> => {
    const flag = JSON.stringify(`${await module('')}.flag`)
    return module(`
      import { memoryBackend, memoryStore } from '${core}'
      import { existsSync, writeFileSync } from 'node:fs'
      let calls = 0
      const open = async () => {
        if (existsSync(${flag})) { ${before} }
        const store = memoryStore()
        const backend = () => {
          const m = memoryBackend({ store })
          const acquire = (claim) => {
            if (++calls !== ${at} || existsSync(${flag})) return m.acquire(claim)
            writeFileSync(${flag}, '')
            process.exit(7)
          }
          return { ...m, acquire ${methods} }
        }
        return { backends: [backend(), backend()] }
      }
      export default { name: 'ending', open }`)
  }

  it('fails a backend that ended the process once, though no case does so alone', async () => {
    const { text, exitCode } = await main([await endingOnce(60), '--case', 'e*', '--case', 'n*', '--case', 'r*'])
    expect(text).toContain('FAIL  target/process')
    expect(text).toContain('the process ended with code 7')
    expect(exitCode).toBe(1)
  }, 60_000)

  it('keeps what was judged when the target cannot be opened a second time', async () => {
    const wrong = await endingOnce(900, 'throw new Error("too many connections")', ', inspect: async () => null')
    const { text, exitCode } = await main([wrong, '--case', 'e*', '--case', 'i*', '--case', 'n*', '--case', 'r*'])
    expect(text).toContain('FAIL  target/open')
    expect(text).toContain('too many connections')
    expect(text).toContain('FAIL  inspection/')
    expect(exitCode).toBe(1)
  }, 60_000)

  it('answers 2 for a target whose faults strike nothing', async () => {
    const faults = `{ can: ['loseReply'], open: async () => ({
      backend: backend(), loseReply: () => ({ fired: 0 }), close: () => {} }) }`
    const source = target().replace('backend()] })', `backend()], faults: ${faults} })`)
    const args = [await module(source), '--case', 'unknown/acquire-reply-lost', '--case', 'release/frees']
    const { text, exitCode } = await main(args)
    expect(text).toContain('is not judged by every case: its target made a mistake')
    expect(text).toContain('loseReply() of the target did not strike the claim after it')
    expect(exitCode).toBe(2)
    const junit = await main([...args, '--reporter', 'junit'])
    expect(junit.text).toContain('<failure message="the target made a mistake">')
  }, 60_000)

  it('answers 3 when nothing was judged, and lists cases', async () => {
    const file = await module(target())
    expect((await main([file, '--case', 'nothing/*'])).exitCode).toBe(3)
    expect((await main([file, '--case', 'absent/*'])).exitCode).toBe(3)
    expect((await main(['--list', '--case', 'batches/empty'])).text).toContain('an empty batch answers an empty list')
  }, 60_000)

  it('writes JUnit, repeats, and stops at the first failure', async () => {
    const broken = await module(target(', inspect: async () => null'))
    const cases = ['--case', 'inspection/holder', '--case', 'release/frees']
    const junit = await main([broken, ...cases, '--reporter', 'junit', '--repeat', '2', '--seed', '5'])
    expect(junit.text).toContain('<testsuite name="mine" tests="2" failures="1"')
    expect(junit.progress.split('\n')).toEqual([
      'run 1 of 2: 1 passed, 0 skipped, 1 failed (--seed 5)',
      expect.stringMatching(/^ {2}inspection\/holder: .+/) as unknown,
      'run 2 of 2: 1 passed, 0 skipped, 1 failed (--seed 6)',
      expect.stringMatching(/^ {2}inspection\/holder: .+/) as unknown,
      '',
    ])
    const bail = await main([broken, '--case', 'inspection/*', '--bail'])
    expect(bail.text).toContain('not run: the run was ended before')
  }, 60_000)
})

describe('virtualClock', () => {
  it('runs timers in order and lets promises go on between them', async () => {
    const clock = virtualClock(100)
    const seen: string[] = []
    clock.setTimeout(() => seen.push(`late ${clock.now()}`), 20)
    clock.setTimeout(() => {
      void (async () => {
        await Promise.resolve()
        clock.setTimeout(() => seen.push(`chained ${clock.now()}`), 5)
      })()
    }, 10)
    const cancelled = clock.setTimeout(() => seen.push('cancelled'), 1)
    clock.clearTimeout(cancelled)
    await clock.advance(30)
    expect(seen).toEqual(['chained 115', 'late 120'])
    expect([clock.now(), clock.wallNow()]).toEqual([130, 130])
  })
})

describe('the node:test registrar', () => {
  it('registers every case', async () => {
    const registrar = new URL('../dist/node.js', import.meta.url).href
    const file = await module(`${target().replace('export default', 'const target =')}
import { testConformance } from '${registrar}'
testConformance(target)`)
    const { stdout } = await run(process.execPath, ['--test', file], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    })
    expect(stdout).toMatch(new RegExp(`tests ${conformanceCases.length}\\b`))
    expect(stdout).toMatch(/fail 0\b/)
  }, 60_000)
})
