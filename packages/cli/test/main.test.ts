import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startRedis } from '@holdfast/testkit/redis'
import { expect, test } from 'vitest'
import { EXIT } from '../src/exit-codes.js'
import { environment } from './support/holdfast.js'

const redis = await startRedis()

test.each([
  ['a ttl that is too short', ['--ttl', '0.001']],
  ['a label that is too long', ['--label', 'x'.repeat(300)]],
])('a program that calls main ends by itself, though the options were refused: %s', async (_, options) => {
  const args = ['run', 'job', '--redis', redis.url, ...options, '--', 'true']
  const program = `import { main } from '@holdfast/cli'; console.log(await main(${JSON.stringify(args)}))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    env: environment(),
    // A connection that was left open keeps the program running until this timeout, which rejects.
    timeout: 60_000,
  })
  expect(Number(stdout)).toBe(EXIT.usage)
})
