// Searches all states of the model of the protocol, and shows that each broken variant of it fails:
//   npm run model [-- --only TEXT]      only configurations and variants with this in their name
// Needs Spin, which is downloaded on Debian and Ubuntu, and a C compiler. Where one of them cannot be had, it says why
// and exits with 0. See model/README.md.
import { parseArgs } from 'node:util'
import { configurations, variants } from './model/runs.mjs'
import { search } from './model/search.mjs'
import { findTools } from './model/tools.mjs'

/** @import { Found, Run } from './model/search.mjs' */
/** @import { Tools } from './model/tools.mjs' */

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const tools = await findTools((line) => console.log(`model: ${line}`))
if (typeof tools === 'string') {
  console.log(`model: not run: ${tools}`)
} else {
  process.exitCode = (await main(tools)) ? 0 : 1
}

/** @param {Tools} tools */
async function main(tools) {
  const startedAt = performance.now()
  console.log(`model: ${tools.version}\n`)
  let ok = 0
  let failed = 0
  /** @param {Run} run @param {string} verdict @param {boolean} isRight @param {Found} found */
  const judge = (run, verdict, isRight, found) => {
    if (isRight) ok++
    else failed++
    console.log(`${isRight ? 'ok    ' : 'FAILED'} ${run.name}: ${verdict}`)
    if (!isRight) console.log(found.output)
  }
  for (const run of configurations.filter(isWanted)) {
    const found = await search(tools, run)
    judge(run, `${measures(found)}: ${verdictOf(found)}`, found.isComplete && found.broken === undefined, found)
  }
  console.log('\nBroken variants, each of which must fail by the promise that is named:\n')
  for (const run of variants.filter(isWanted)) {
    const found = await search(tools, run)
    judge(run, verdictOf(found), found.broken === run.promise, found)
  }
  console.log(`\n${ok} as expected, ${failed} failed, ${Math.round((performance.now() - startedAt) / 1_000)} s`)
  return failed === 0 && ok > 0
}

/** @param {Run} run */
function isWanted({ name }) {
  return name.includes(values.only)
}

/** @param {Found} found */
function measures({ states, transitions, seconds }) {
  const [many, more] = [states, transitions].map((count) => count.toLocaleString('en'))
  return `${many} states, ${more} transitions, ${seconds.toFixed(1)} s`
}

/** @param {Found} found */
function verdictOf({ broken, isComplete, steps }) {
  if (broken !== undefined) return `${broken} is broken, after ${steps} steps`
  return isComplete ? 'all promises hold' : 'the search ended at a limit'
}
