import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { root } from '../workspace.js'

/** Bundles what a browser would load. esbuild rejects when anything reaches for a Node built-in. */
async function bundle(
  source: string,
  folder = 'core',
  more: BuildOptions = {},
): Promise<{ code: string; gzipped: number }> {
  const { outputFiles } = await build({
    // Inside a package its own name resolves through the exports of its package.json, as it does for a user.
    stdin: { contents: source, resolveDir: join(root, 'packages', folder) },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
    ...more,
    write: false,
  })
  const code = outputFiles.map(({ text }) => text).join('')
  return { code, gzipped: gzipSync(code, { level: 9 }).length }
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(2)} KiB`

describe('core in a browser', () => {
  test.each(['@holdfast/core', '@holdfast/core/backend', '@holdfast/core/redis', '@holdfast/core/diagnostics'])(
    '%s bundles whole, without a Node built-in',
    async (entry) => {
      const { code } = await bundle(`export * from '${entry}'`)
      // The module is asked of the platform at run time, which answers nothing in a browser.
      const others = code.replace(/getBuiltinModule\?\.\("node:(async_hooks|diagnostics_channel)"\)/, '')
      expect(others).not.toMatch(/["']node:|\brequire\(|\bprocess\.|\bBuffer\b/)
    },
  )

  test.each([
    { what: 'createLocker', source: `export { createLocker } from '@holdfast/core'`, most: 22.7 },
    {
      what: 'createLocker with redisBackend',
      source: `export { createLocker } from '@holdfast/core'; export { redisBackend } from '@holdfast/core/redis'`,
      most: 38.5,
    },
  ])('$what is at most $most KiB, minified and gzipped', async ({ what, source, most }) => {
    const { gzipped } = await bundle(source)
    process.stdout.write(`${what}: ${kib(gzipped)} of ${most} KiB\n`)
    expect(gzipped).toBeLessThanOrEqual(most * 1024)
  })
})

// Each limit is the measured size and a twentieth more. A change that needs more says why in its commit.
describe('an entry that an application adds to core is small', () => {
  test.each([
    { entry: '@holdfast/core/async-context', folder: 'core', most: 400 },
    { entry: '@holdfast/core/diagnostics', folder: 'core', most: 670 },
    { entry: '@holdfast/adapter-ioredis', folder: 'adapter-ioredis', most: 3_000 },
    { entry: '@holdfast/adapter-node-redis', folder: 'adapter-node-redis', most: 2_040 },
    { entry: '@holdfast/adapter-upstash', folder: 'adapter-upstash', most: 2_080 },
    { entry: '@holdfast/adapter-valkey-glide', folder: 'adapter-valkey-glide', most: 1_780 },
    { entry: '@holdfast/adapter-postgres', folder: 'adapter-postgres', most: 10_700 },
  ])('$entry is at most $most bytes, minified and gzipped, without core', async ({ entry, folder, most }) => {
    const external = folder === 'core' ? [] : ['@holdfast/core', '@holdfast/core/*']
    const { gzipped } = await bundle(`export * from '${entry}'`, folder, { platform: 'node', external })
    process.stdout.write(`${entry}: ${gzipped} of ${most} bytes\n`)
    expect(gzipped).toBeLessThanOrEqual(most)
  })
})
