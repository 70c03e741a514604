#!/usr/bin/env node
import { exitCodeOf } from './exit-codes.js'
import { main } from './main.js'

// A reader that has seen enough, such as `head`, is no failure of ours.
process.stdout.on('error', () => process.exit(exitCodeOf('SIGPIPE')))
const exitCode = await main(process.argv.slice(2))
// Connections of a module would keep the process alive.
process.stderr.write('', () => process.stdout.write('', () => process.exit(exitCode)))
