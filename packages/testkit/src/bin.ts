#!/usr/bin/env node
import { main } from './command/main.js'

/** How often progress is shown where no line can be replaced: in a file, or in the log of a CI. */
const SELDOM_MS = 30_000
const { stderr, stdout } = process
const clear = stderr.isTTY ? '\r\u001B[K' : ''
let shownAt = performance.now()
const { text, exitCode } = await main(process.argv.slice(2), {
  progress: (line) => {
    if (stderr.isTTY) {
      stderr.write(`${clear}${line.slice(0, 100)}`)
    } else if (performance.now() - shownAt >= SELDOM_MS) {
      shownAt = performance.now()
      stderr.write(`${line}\n`)
    }
  },
  run: (line) => void stderr.write(`${clear}${line}\n`),
})
if (clear !== '') stderr.write(clear)
stdout.write(text, () => process.exit(exitCode))
