import { setTimeout as sleep } from 'node:timers/promises'
import type { Locker } from '@holdfast/core'
import { unlessAborted } from '../bounded.js'
import { failureOf } from '../failure.js'
import { print } from '../print.js'
import { awaitEnding } from './ending.js'
import { groupByName, type NameState } from './group.js'
import { linesOf } from './ls.js'
import { openScreen } from './screen.js'

export interface WatchOptions {
  readonly json: boolean
  readonly intervalMs: number
  /** Takes secrets out of a message. */
  readonly hide: (text: string) => string
}

/**
 * Shows all names again and again, until a signal or a key ends it. Answers the exit code.
 *
 * - On a terminal: in place of the ones before.
 * - Elsewhere: one after the other, as tables with an empty line between them, or as a line of JSON each.
 * @throws the error of the first look; a later one is shown, and the store asked again.
 */
export async function watch(locks: Locker, options: WatchOptions): Promise<number> {
  using ending = awaitEnding()
  try {
    await (process.stdout.isTTY && !options.json
      ? drawEach(locks, options, ending.signal)
      : printEach(locks, options, ending.signal))
  } catch (error) {
    if (!ending.signal.aborted) throw error
  }
  return ending.signal.reason as number
}

async function drawEach(locks: Locker, options: WatchOptions, end: AbortSignal): Promise<void> {
  let names = await look(locks, end)
  using screen = openScreen(process.stdout)
  for (let failure = ''; ;) {
    screen.draw([headingOf(names, failure), '', ...linesOf(names)])
    await sleep(options.intervalMs, undefined, { signal: end })
    try {
      names = await look(locks, end)
      failure = ''
    } catch (error) {
      end.throwIfAborted()
      failure = options.hide(failureOf(error).message)
    }
  }
}

async function printEach(locks: Locker, { json, intervalMs, hide }: WatchOptions, end: AbortSignal): Promise<void> {
  let names = await look(locks, end)
  for (;;) {
    await print(json ? [JSON.stringify(names)] : [...linesOf(names), ''])
    await sleep(intervalMs, undefined, { signal: end })
    for (let isKnown = false; !isKnown;) {
      try {
        names = await look(locks, end)
        isKnown = true
      } catch (error) {
        end.throwIfAborted()
        process.stderr.write(`holdfast: ${hide(failureOf(error).message)}\n`)
        await sleep(intervalMs, undefined, { signal: end })
      }
    }
  }
}

const look = async (locks: Locker, end: AbortSignal): Promise<NameState[]> =>
  groupByName(await unlessAborted(locks.query(), end))

function headingOf(names: readonly NameState[], failure: string): string {
  const time = new Date().toTimeString().slice(0, 8)
  if (failure !== '') return `${time}   as of the last answer; ${failure}`
  const held = names.filter(({ holders }) => holders.length > 0).length
  const waiting = names.reduce((sum, { waiters }) => sum + waiters.length, 0)
  return `${time}   ${held} held, ${waiting} waiting   (q ends)`
}
