import { now } from './monotonic.js'

/** The display of the demo while it runs. */
export interface Progress {
  /** Prints a line that stays. */
  event(text: string): void
  /** Shows a last line that updates, on a terminal. */
  status(text: () => string): void
  end(): void
}

const REDRAW_MS = 100

export function createProgress(out: NodeJS.WriteStream): Progress {
  const startedAt = now()
  const since = (): string => `${((now() - startedAt) / 1_000).toFixed(1)} s`.padStart(7)
  let live: (() => string) | undefined
  let timer: NodeJS.Timeout | undefined

  const erase = (): void => void (live && out.write('\r\u001B[K'))
  const draw = (): void => {
    if (live) out.write(`\r${`${since()}  ${live()}`.slice(0, out.columns - 1)}\u001B[K`)
  }
  return {
    event: (text) => {
      erase()
      out.write(`${since()}  ${text}\n`)
      draw()
    },
    status: (text) => {
      if (!out.isTTY || process.env['TERM'] === 'dumb') return
      live = text
      timer ??= setInterval(draw, REDRAW_MS)
    },
    end: () => {
      clearInterval(timer)
      erase()
      live = undefined
    },
  }
}
