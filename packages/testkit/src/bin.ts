#!/usr/bin/env node
import { main } from './command.js'

const { text, exitCode } = await main(process.argv.slice(2))
// A backend that hangs keeps its connections open: the command ends all the same.
process.stdout.write(text, () => process.exit(exitCode))
