import type { Socket } from 'node:net'
import type { Ending, Verdict } from './fault.js'

/** A direction of a proxied connection: pieces go out in the order in which they come in, each at its time. */
export interface Pipe {
  /** Takes a piece. The part that its verdict forwards reaches the destination after everything before it. */
  readonly pass: (bytes: Buffer, verdict: Verdict) => void
  /** Ends the destination, behind everything that is still on its way. */
  readonly end: () => void
  /** Stops the flow, for bytes on their way too; the destination stays open. */
  readonly stop: () => void
  /** Whether bytes that came in did not, or will not, come out. */
  readonly isBroken: () => boolean
}

interface Step {
  readonly run: () => void
  due: boolean
}

export function createPipe(destination: Socket, onEnding: (ending: Ending) => void): Pipe {
  const steps: Step[] = []
  let broken = false

  const advance = (): void => {
    while (steps[0]?.due) steps.shift()?.run()
  }
  const enqueue = (run: () => void, wait?: Promise<void>): void => {
    const step: Step = { run, due: !wait }
    steps.push(step)
    void wait?.then(() => {
      step.due = true
      advance()
    })
    advance()
  }

  return {
    pass: (bytes, { forward, ending, wait }) => {
      if (broken) return
      broken = ending !== undefined
      enqueue(() => {
        if (forward && destination.writable) destination.write(bytes)
        if (ending) onEnding(ending)
      }, wait)
    },
    end: () => {
      if (!broken) enqueue(() => destination.destroySoon())
    },
    stop: () => {
      broken = true
      steps.length = 0
    },
    isBroken: () => broken,
  }
}
