/** A mistake in core: a piece of its source, and the text that replaces it. */
export interface Mutant {
  readonly name: string
  /** The path below `packages/core/src`. */
  readonly file: string
  readonly from: string
  readonly to: string
  /** The promise that breaks. */
  readonly finds: RegExp
  /** The seed of a history that finds the mutant. Each run of the tests plays the mutants that have a seed. */
  readonly seed?: number
  /** Whether the claims and releases of one turn of the event loop must be one command for the mutant to be found. */
  readonly batches?: boolean
}

export const mutants: readonly Mutant[] = [
  // Mutants of the extension.
  {
    name: 'throws late answers to an extension away',
    file: 'hold/extend.ts',
    from: 'const late = settle(answer)',
    to: 'const late = settle({ failed: true, executed: "unknown", retryable: true, unanswered: true, cause: 0 } as never)',
    seed: 26,
    finds: /renewal|P6|error/,
  },
  {
    name: 'cuts a lease back that was extended by hand',
    file: 'hold/extend.ts',
    from: 'Math.max(claim.ttlMs, Math.ceil(longestPossibleMs(hold, now)))',
    to: 'claim.ttlMs',
    finds: /extend|P1/,
  },
  {
    name: 'counts a grant from when its answer came',
    file: 'acquire/pending-claim.ts',
    from: 'hold.begin({ sentAt: this.#askedAt, validMs: granted.validMs',
    to: 'hold.begin({ sentAt: now, validMs: granted.validMs',
    finds: /P1/,
  },
  // Mutants of the budget.
  {
    name: 'gives each of several names the whole budget',
    file: 'acquire/acquire-parts.ts',
    from: 'acquirePart(engine, name, settings, budget)',
    to: 'acquirePart(engine, name, settings)',
    seed: 83,
    finds: /P7/,
  },
  {
    name: 'asks the store beyond the budget',
    file: 'acquire/pending-claim.ts',
    from: 'Math.min(askedAt.now + settings.terms.timeoutMs, budget.until)',
    to: 'askedAt.now + settings.terms.timeoutMs',
    finds: /P7/,
  },
  {
    name: 'does not end a wait whose signal aborts',
    file: 'acquire/acquisition.ts',
    from: 'this.#waiting?.interrupt()\n  }\n\n  /** Why it ended',
    to: '}\n\n  /** Why it ended',
    finds: /P7/,
  },
  // Mutants of the state of a name.
  {
    name: 'admits nobody when the first waiter leaves',
    file: 'queue/names.ts',
    from: 'state.delete(waiter)) advance(state)\n    },\n    fencesToReserve',
    to: 'state.delete(waiter)) return\n    },\n    fencesToReserve',
    seed: 26,
    finds: /P5|P7/,
  },
  {
    name: 'lets the last waiter go first',
    file: 'queue/name-state.ts',
    from: 'waiter.previous = this.#last\n',
    to: 'if (this.first && !this.first.admitted) { waiter.next = this.first; this.first.previous = waiter; this.first = waiter; this.waiting++; return }\n    waiter.previous = this.#last\n',
    finds: /order/,
  },
  {
    name: 'hands over for ever',
    file: 'queue/hand-over.ts',
    from: 'if (handOvers >= bounds.count) return -Infinity\n  return grantedAt + Math.min(bounds.ms, validMs * SHARE_LEFT)',
    to: 'return Infinity',
    finds: /hand-over|P5/,
  },
  {
    name: 'gives two holders one fence',
    file: 'queue/hand-over.ts',
    from: 'return spareFences.next++',
    to: 'return spareFences.next',
    finds: /P2/,
  },
  // Mutants of the detached context.
  {
    name: 'works in the background in the context of whoever came first',
    file: 'timers/detached.ts',
    from: 'export const runDetached: RunIn = currentContext()',
    to: 'export const runDetached: RunIn = (work) => work()',
    seed: 1,
    finds: /context|P1|P2/,
  },
  {
    name: 'notifies a holder of its loss in any context',
    file: 'handle/lease-handle.ts',
    from: 'const run = this.#signalling?.context ?? this.#first.host.detached',
    to: 'const run = this.#first.host.detached',
    finds: /context/,
  },
  {
    name: 'makes the lease of a waiter in the context of whoever hands it over',
    file: 'acquire/acquisition.ts',
    from: 'this.#handedOver = { hold, fence }',
    to: 'this.#handedOver = { hold, fence }; this.toLease(hold, fence, 0)',
    finds: /context|events/,
  },
  // Mutants of the batches: the claims and releases of a turn of the event loop are one command.
  {
    name: 'gives each question of a batch the answer to the first',
    file: 'timers/coalescer.ts',
    from: 'const answer = answers[i]',
    to: 'const answer = answers[0]',
    batches: true,
    finds: /P1|P2|error/,
  },
  {
    name: 'never answers the last question of a full batch',
    file: 'timers/coalescer.ts',
    from: 'for (let i = 0; i < asked.length; i++) {',
    to: 'for (let i = 0; i < asked.length; i++) {\n    if (i === 2) continue',
    batches: true,
    finds: /P7|P8|error/,
  },
  // Other mutants.
  {
    name: 'leaves no margin for clocks that differ',
    file: 'hold/deadline.ts',
    from: 'return Math.max(ttlMs * 0.01, 2)',
    to: 'return 0',
    finds: /P1/,
  },
  {
    name: 'does not look at the wall clock',
    file: 'hold/deadline.ts',
    from: 'Math.min(validity.deadline - now, validity.wallDeadline - wall)',
    to: 'validity.deadline - now',
    finds: /P1|P6/,
  },
  {
    name: 'leaves a listener on the signal of a caller',
    file: 'timers/abort-listeners.ts',
    from: "signal.removeEventListener('abort', entry.onAbort)",
    to: '',
    finds: /P8/,
  },
  {
    name: 'lets waiters wait on when it is closed',
    file: 'engine/close.ts',
    from: 'if (!(each instanceof Hold)) each.abort(closed)',
    to: '',
    finds: /P7/,
  },
  {
    name: 'keeps the first names when another one cannot be had',
    file: 'acquire/acquire-many.ts',
    from: 'const releasing = releaseAll(engine, parts)',
    to: 'const releasing = Promise.resolve()',
    finds: /P8|P5|P7|events/,
  },
  {
    name: 'does not follow a hint that a name was taken',
    file: 'hold/loss-check.ts',
    from: 'onTaken: check,',
    to: 'onTaken: () => {},',
    finds: /steal/,
  },
  {
    name: 'does not notify a lock manager of a loss',
    file: 'web-locks/run.ts',
    from: "lease.signal.addEventListener('abort', () => reject(lossError(lease)))",
    to: '',
    finds: /P1/,
  },
  {
    name: 'lets the failure of one step of a lock manager escape',
    file: 'web-locks/run.ts',
    from: "if (released === 'expired') reject(lossError(lease))",
    to: "if (released !== 'released') throw lossError(lease)",
    finds: /unhandled/,
  },
]
