#!/usr/bin/env node
import { main } from './command/main.js'

const { stderr, stdout } = process
const clear = stderr.isTTY ? '\r\u001B[K' : ''
const onProgress = stderr.isTTY ? (line: string) => void stderr.write(`${clear}${line.slice(0, 100)}`) : undefined
const { text, exitCode } = await main(process.argv.slice(2), onProgress)
if (clear !== '') stderr.write(clear)
stdout.write(text, () => process.exit(exitCode))
