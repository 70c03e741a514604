#!/usr/bin/env node
import { main } from './command/main.js'

const { stderr, stdout } = process
const clear = stderr.isTTY ? '\r\u001B[K' : ''
const { text, exitCode } = await main(process.argv.slice(2), {
  progress: (line) => {
    if (stderr.isTTY) stderr.write(`${clear}${line.slice(0, 100)}`)
  },
  run: (line) => void stderr.write(`${clear}${line}\n`),
})
if (clear !== '') stderr.write(clear)
stdout.write(text, () => process.exit(exitCode))
