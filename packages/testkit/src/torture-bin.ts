#!/usr/bin/env node
import { tortureMain } from './torture/command/main.js'

const { text, exitCode } = await tortureMain(process.argv.slice(2), (line) => void process.stdout.write(`${line}\n`))
process.stdout.write(text, () => process.exit(exitCode))
