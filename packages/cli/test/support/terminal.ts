import { type IPty, spawn } from '@lydell/node-pty'
import xterm from '@xterm/headless'
import { eventually } from '../../../../test/support/eventually.js'
import { BIN, environment } from './holdfast.js'

/** A process of the command on a terminal of its own. Killed when disposed. */
export interface OnTerminal extends Disposable {
  /** The lines that the terminal shows now. */
  lines(): string[]
  /** Waits until the terminal shows this, and answers its lines. */
  shows(text: RegExp): Promise<string[]>
  /** Everything that was written to the terminal, escape sequences included. */
  written(): string
  type(keys: string): void
  resize(columns: number, rows: number): void
  readonly pid: number
  readonly ended: Promise<{ readonly exitCode: number; readonly signal?: number | undefined }>
}

/** Starts the built command on a terminal of 100 columns and 20 rows. */
export function onTerminal(args: readonly string[], env: NodeJS.ProcessEnv): OnTerminal {
  const [cols, rows] = [100, 20]
  const screen = new xterm.Terminal({ cols, rows, allowProposedApi: true })
  const pty: IPty = spawn(process.execPath, [BIN, ...args], { cols, rows, env: environment({ ...env, TERM: 'xterm' }) })
  let written = ''
  let hasEnded = false
  pty.onData((text) => {
    written += text
    screen.write(text)
  })
  const ended = new Promise<{ exitCode: number; signal?: number | undefined }>((resolve) => pty.onExit(resolve))
  void ended.then(() => (hasEnded = true))
  const lines = (): string[] => {
    const { active } = screen.buffer
    const all = Array.from({ length: screen.rows }, (_, row) =>
      (active.getLine(active.baseY + row)?.translateToString(true, 0, screen.cols) ?? '').trimEnd(),
    )
    return all.slice(0, all.findLastIndex((line) => line !== '') + 1)
  }
  return {
    pid: pty.pid,
    lines,
    shows: (text) =>
      eventually(() => {
        if (!text.test(lines().join('\n')))
          throw new Error(`the terminal does not show ${text}:\n${lines().join('\n')}`)
        return lines()
      }),
    written: () => written,
    type: (keys) => pty.write(keys),
    resize: (columns, height) => {
      screen.resize(columns, height)
      pty.resize(columns, height)
    },
    ended,
    [Symbol.dispose]: () => {
      if (!hasEnded) pty.kill('SIGKILL')
      screen.dispose()
    },
  }
}
