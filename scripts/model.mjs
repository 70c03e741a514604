// Searches all states of the model of the protocol, and shows that each broken variant of it fails:
//   npm run model [-- --only TEXT]      only configurations and variants with this in their name
// Needs Spin, which is downloaded on Debian and Ubuntu, and a C compiler. Where one of them cannot be had, it says why
// and exits with 0. The model is explained in docs/guarantees.md.
import { parseArgs } from 'node:util'
import { configurations, variants } from './model/runs.mjs'
import { search } from './model/search.mjs'
import { findTools } from './model/tools.mjs'

/** @import { Found, Run } from './model/search.mjs' */
/** @import { Tools } from './model/tools.mjs' */

/** How many searches go on at one time: they share the memory. */
const AT_ONCE = 2

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const tools = await findTools((line) => console.log(`model: ${line}`))
if (typeof tools === 'string') {
  console.log(`model: not run: ${tools}`)
} else {
  process.exitCode = (await main(tools)) ? 0 : 1
}

/** @param {Tools} found @returns {Promise<boolean>} whether all is as it should be */
async function main(found) {
  const startedAt = performance.now()
  console.log(`model: ${found.version}\n`)
  const whole = await judgeAll(found, configurations, (result) => ({
    isRight: result.isComplete && result.broken === undefined,
    verdict: `${measures(result)}: ${verdictOf(result)}`,
  }))
  console.log('\nBroken variants, each of which must fail by the promise that it breaks:\n')
  const broken = await judgeAll(found, variants, (result, { promise }) => ({
    isRight: result.broken === promise,
    verdict: verdictOf(result),
  }))
  const [right, wrong] = [whole.right + broken.right, whole.wrong + broken.wrong]
  console.log(`\n${right} as expected, ${wrong} not, ${Math.round((performance.now() - startedAt) / 1_000)} s`)
  return wrong === 0 && right > 0
}

/**
 * @param {Tools} found
 * @param {readonly Run[]} runs
 * @param {(result: Found, run: Run) => { readonly isRight: boolean, readonly verdict: string }} judge
 */
async function judgeAll(found, runs, judge) {
  const count = { right: 0, wrong: 0 }
  const queue = runs.filter(({ name }) => name.includes(values.only))
  const work = async () => {
    for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
      const result = await search(found, run)
      const { isRight, verdict } = judge(result, run)
      count[isRight ? 'right' : 'wrong']++
      console.log(`${isRight ? 'ok    ' : 'FAILED'} ${run.name}: ${verdict}`)
      if (!isRight) console.log(`${result.output}\nflags: ${run.flags.join(' ')}\n`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return count
}

/** @param {Found} result */
function measures({ states, transitions, seconds }) {
  const [many, more] = [states, transitions].map((count) => count.toLocaleString('en'))
  return `${many} states, ${more} transitions, ${seconds.toFixed(1)} s`
}

/** @param {Found} result */
function verdictOf({ broken, isComplete, steps }) {
  if (broken !== undefined) return `${broken} is broken, after ${steps} steps`
  return isComplete ? 'all promises hold' : 'the search ended at a limit'
}
