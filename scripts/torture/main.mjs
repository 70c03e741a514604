// Tortures our own backends: `npm run torture -- --minutes N --seed S [--topology standalone|sentinel|cluster|postgres]`.
// `--peer NAME` tortures another library instead, for comparison. All other options are those of `holdfast-torture`.
import { existsSync } from 'node:fs'
import { tortureMain } from '../../packages/testkit/dist/torture/index.js'

const args = process.argv.slice(2)
const topology = take('--topology')
const peer = take('--peer')
const module = new URL(peer === undefined ? `${topology ?? 'standalone'}.mjs` : `peers/${peer}.mjs`, import.meta.url)
if (!existsSync(module)) {
  process.stderr.write(
    '--topology is standalone, sentinel, cluster or postgres; --peer is redlock or redis-semaphore\n',
  )
  process.exit(2)
}
const given = args.includes('--help') || args.includes('--judge') ? args : [module.href, ...args]
const { text, exitCode } = await tortureMain(given, (line) => void process.stdout.write(`${line}\n`))
process.stdout.write(text, () => process.exit(exitCode))

/** @param {string} option */
function take(option) {
  const at = args.indexOf(option)
  if (at >= 0) return args.splice(at, 2)[1]
  const together = args.findIndex((each) => each.startsWith(`${option}=`))
  return together < 0 ? undefined : args.splice(together, 1)[0]?.slice(option.length + 1)
}
