import { CommanderError } from 'commander'
import { createProgram } from './command/program.js'
import { EXIT } from './exit-codes.js'
import { failureOf } from './failure.js'
import { hide, secretsIn } from './secrets.js'

/**
 * The command `holdfast` in this process, with its environment, streams and signals.
 * @param args the arguments, without those of Node.
 * @returns the exit code: see {@link EXIT}; that of the command that `run` ran. Never rejects.
 */
export async function main(args: readonly string[]): Promise<number> {
  const secrets = secretsIn(args, process.env)
  const hiding = (text: string): string => hide(text, secrets)
  let exitCode: number = EXIT.ok
  try {
    const { own, command } = splitRun(args)
    const program = createProgram({ command, hide: hiding, onEnd: (code) => (exitCode = code) })
    await program.parseAsync(splitValues(own), { from: 'user' })
    return exitCode
  } catch (error) {
    // Help and version end so too, with the code 0. What was wrong has been printed.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    const failure = failureOf(error)
    process.stderr.write(`holdfast: ${hiding(failure.message)}\n`)
    return failure.exitCode
  }
}

/** The arguments of `run` end at the first `--`: what follows is the command, whose options are not ours. */
function splitRun(args: readonly string[]): { own: readonly string[]; command: readonly string[] } {
  const end = args[0] === 'run' ? args.indexOf('--') : -1
  return end < 0 ? { own: args, command: [] } : { own: args.slice(0, end), command: args.slice(end + 1) }
}

/** `--option=value` as two arguments: an option that does not exist is then refused by its name alone. */
function splitValues(args: readonly string[]): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length
  const options = args.slice(0, end).flatMap((arg) => /^(--[a-z-]+)=(.*)$/s.exec(arg)?.slice(1) ?? [arg])
  return [...options, ...args.slice(end)]
}
