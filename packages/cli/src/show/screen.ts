import type { WriteStream } from 'node:tty'
import { cut } from './words.js'

const ENTER = '\u001B[?1049h\u001B[?25l'
const LEAVE = '\u001B[?25h\u001B[?1049l'
const HOME = '\u001B[H'
const CLEAR_LINE = '\u001B[K'
const CLEAR_BELOW = '\u001B[J'
/** Terminals that know it show all that is between the two at one time. */
const [BEGIN, END] = ['\u001B[?2026h', '\u001B[?2026l']

/** The terminal's second screen. Disposing brings the first one back as it was. */
export interface Screen extends Disposable {
  /** Shows these lines in place of those before. Each is cut to the width, and all to the height of the terminal. */
  draw(lines: readonly string[]): void
}

/** Opens the second screen. Nothing is cleared before it is drawn, so that it does not flicker. */
export function openScreen(terminal: WriteStream): Screen {
  let last: readonly string[] = []
  const draw = (lines: readonly string[]): void => {
    last = lines
    // Some terminals do not know their size, which is 0 then.
    const { rows, columns } = terminal
    const [height, width] = [rows || Infinity, columns || Infinity]
    const hidden = lines.length - height
    const shown = hidden > 0 ? [...lines.slice(0, height - 1), `… and ${hidden + 1} lines more`] : lines
    const text = shown.map((line) => cut(line, width) + CLEAR_LINE).join('\r\n')
    terminal.write(BEGIN + HOME + text + CLEAR_BELOW + END)
  }
  const redraw = (): void => draw(last)
  const leave = (): void => void terminal.write(LEAVE)
  terminal.write(ENTER)
  terminal.on('resize', redraw)
  // Also when an error ends the process.
  process.on('exit', leave)
  return {
    draw,
    [Symbol.dispose]: () => {
      terminal.off('resize', redraw)
      process.off('exit', leave)
      leave()
    },
  }
}
