import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, release, tmpdir, type } from 'node:os'
import { join } from 'node:path'
import { readOptions } from './options.js'
import { noiseOf } from './report/noise.js'
import type { Results, Section } from './report/section.js'
import { writePictures } from './pictures.js'

// All workloads, each in a process of its own and on a server of its own: `node dist/bench.js [--short] [W1 …]`.

const WORKLOADS = ['W1', 'W2', 'W3', 'W4', 'W5', 'W6', 'W7', 'W8']
const RESULTS = join(import.meta.dirname, '..', 'results')

interface Output {
  readonly server: string
  readonly sections: readonly Section[]
}

const { short, workloads } = readOptions(process.argv.slice(2))
const unknown = workloads.filter((each) => !WORKLOADS.includes(each))
if (unknown.length > 0) throw new RangeError(`there is no workload ${unknown.join(', ')}: ${WORKLOADS.join(', ')}`)
const chosen = WORKLOADS.filter((each) => workloads.length === 0 || workloads.includes(each))
const passedOn = process.argv.slice(2).filter((arg) => !workloads.includes(arg.toUpperCase()))

const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
try {
  const outputs: Output[] = []
  for (const workload of chosen) outputs.push(await run(workload))
  // Only a run of all workloads is saved to the files; a run of some workloads is only printed.
  if (chosen.length === WORKLOADS.length) await save(outputs)
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function run(workload: string): Promise<Output> {
  const out = join(folder, `${workload}.json`)
  const script = join(import.meta.dirname, `${workload.toLowerCase()}.js`)
  const child = spawn(process.execPath, [script, ...passedOn, '--out', out], { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${workload} ended with ${code === null ? 'a signal' : `exit code ${code}`}`)
  return JSON.parse(await readFile(out, 'utf8')) as Output
}

async function save(outputs: readonly Output[]): Promise<void> {
  const sections = outputs.flatMap((output) => output.sections)
  const results: Results = {
    date: new Date().toISOString(),
    node: process.versions.node,
    server: outputs[0]?.server ?? 'unknown',
    cpus: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    system: `${type()} ${release()}`,
    mode: short ? 'short' : 'full',
    noise: noiseOf(sections),
    sections,
  }
  await mkdir(RESULTS, { recursive: true })
  await writeFile(join(RESULTS, 'latest.json'), `${JSON.stringify(results, null, 2)}\n`)
  await writePictures(results, RESULTS)
  process.stdout.write(`Written: ${join(RESULTS, 'latest.json')}, and latest.svg and summary.svg beside it.\n`)
}
