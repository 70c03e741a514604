import { closeSync, openSync, readdirSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type EventBody, now, type TortureEvent } from './event.js'

/** Writes the history of one process. */
export interface Recorder {
  /** `at`: default now. */
  readonly write: (event: EventBody, at?: number) => void
  readonly close: () => void
}

/** Each event is in the file when `write` returns: a process that is killed leaves all its events. */
export function record(folder: string, p: string): Recorder {
  const file = openSync(join(folder, `${p}.jsonl`), 'a')
  return {
    write: (event, at = now()) => void writeSync(file, `${JSON.stringify({ t: at, p, ...event })}\n`),
    close: () => closeSync(file),
  }
}

/** Reads the histories of all processes as they grow. */
export interface HistoryReader {
  /** All events so far, by time. */
  readonly read: () => readonly TortureEvent[]
}

const CHUNK_BYTES = 1 << 20

/** Opens the history in a folder. Each `read` adds the lines written since the last. */
export function readHistory(folder: string): HistoryReader {
  const files = new Map<string, LineReader>()
  const events: TortureEvent[] = []
  return {
    read: () => {
      for (const file of readdirSync(folder).filter((each) => each.endsWith('.jsonl'))) {
        let lines = files.get(file)
        if (lines === undefined) files.set(file, (lines = openLines(join(folder, file))))
        for (const line of lines()) events.push(JSON.parse(line) as TortureEvent)
      }
      return events.sort((one, other) => one.t - other.t)
    },
  }
}

type LineReader = () => string[]

/** Reads the lines that were added since the last call. A line without its end is kept for the next call. */
function openLines(path: string): LineReader {
  const file = openSync(path, 'r')
  const chunk = Buffer.alloc(CHUNK_BYTES)
  let position = 0
  let rest = ''
  return () => {
    for (;;) {
      const length = readSync(file, chunk, 0, CHUNK_BYTES, position)
      if (length === 0) break
      position += length
      rest += chunk.toString('latin1', 0, length)
    }
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    return lines.map((line) => Buffer.from(line, 'latin1').toString('utf8'))
  }
}
