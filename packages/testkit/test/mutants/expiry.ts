import type { Claim, ExtendOutcome, LockBackend } from '@holdfast/core'
import { answering, claiming, endingAt, type Mutant, mutant } from './mutant.js'

/** Changes the ttl of all claims, on acquire and extend, without saying so. */
function timing(change: (ttlMs: number) => number): Mutant['wrapFor'] {
  const changed = (claim: Claim): Claim => ({ ...claim, ttlMs: change(claim.ttlMs) })
  return () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(changed(claim))
      return outcome.acquired ? { ...outcome, validMs: claim.ttlMs } : outcome
    },
    extend: async (claims) => saying(await inner.extend(claims.map(changed)), claims),
  })
}

function saying(outcomes: readonly ExtendOutcome[], claims: readonly Claim[]): readonly ExtendOutcome[] {
  return outcomes.map((outcome, index) =>
    outcome.status === 'extended' ? { ...outcome, validMs: claims[index]?.ttlMs ?? 0 } : outcome,
  )
}

/** Changes claims on extend only. */
function extending(change: (claim: Claim, inner: LockBackend) => Promise<Claim>): Mutant['wrapFor'] {
  return () => (inner) => ({
    ...inner,
    extend: async (claims) =>
      saying(await inner.extend(await Promise.all(claims.map((claim) => change(claim, inner)))), claims),
  })
}

export const expiryMutants: readonly Mutant[] = [
  mutant(
    'ignores the ttl: leases never end',
    ['expiry/ends', 'expiry/own-ttl'],
    timing(() => 2 ** 40),
  ),
  mutant(
    'takes the ttl for seconds',
    ['expiry/ends', 'fences/expiry'],
    timing((ttlMs) => ttlMs * 1000),
  ),
  mutant(
    'takes milliseconds for microseconds',
    'expiry/lasts',
    timing((ttlMs) => Math.max(1, ttlMs / 1000)),
  ),
  mutant(
    'ends leases after half of their ttl',
    ['expiry/lasts', 'expiry/valid-ms-honest'],
    timing((ttlMs) => ttlMs / 2),
  ),
  mutant('gives the ttl of the latest claim to all names', 'expiry/own-ttl', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      for (const name of kit.store.names.keys()) endingAt(kit, name, () => kit.clock.now() + claim.ttlMs)
      return outcome
    },
  })),
  mutant(
    'knows no ttl below 50 ms',
    'expiry/shortest',
    timing((ttlMs) => Math.max(50, ttlMs)),
  ),
  mutant(
    'overflows at 2^30 ms and ends the lease at once',
    'expiry/longest',
    timing((ttlMs) => (ttlMs > 2 ** 30 ? 1 : ttlMs)),
  ),
  mutant(
    'cuts long leases to an hour',
    'expiry/longest',
    timing((ttlMs) => Math.min(ttlMs, 3_600_000)),
  ),
  mutant(
    'answers a validMs beyond the ttl',
    'expiry/valid-ms',
    answering((outcome) => (outcome.acquired ? { ...outcome, validMs: outcome.validMs + 1 } : outcome)),
  ),
  mutant(
    'answers validMs in seconds',
    'expiry/valid-ms',
    answering((outcome) => (outcome.acquired ? { ...outcome, validMs: outcome.validMs / 1000 } : outcome)),
  ),
  mutant('answers the end of the lease as validMs of an extend', 'expiry/valid-ms', ({ clock }) => (inner) => ({
    ...inner,
    extend: async (claims) =>
      (await inner.extend(claims)).map((one) =>
        one.status === 'extended' ? { ...one, validMs: one.validMs + clock.now() } : one,
      ),
  })),
  mutant(
    'extends by half of what it says',
    'expiry/valid-ms-honest',
    extending(async (claim) => ({ ...claim, ttlMs: claim.ttlMs / 2 })),
  ),
  mutant('refreshes a repeated claim by half of what it says', 'expiry/valid-ms-honest', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const held = (await inner.inspect(claim.name)) !== null
      const outcome = await inner.acquire(claim)
      if (held && outcome.acquired) endingAt(kit, claim.name, () => kit.clock.now() + claim.ttlMs / 2)
      return outcome
    },
  })),
  mutant('answers "extended" and does nothing', 'extension/prolongs', extending(remaining)),
  mutant(
    'adds the ttl to what remains',
    'extension/ends',
    extending(async (claim, inner) => ({ ...claim, ttlMs: claim.ttlMs + (await remaining(claim, inner)).ttlMs })),
  ),
  mutant(
    'makes a lease immortal when it extends it',
    'extension/ends',
    extending(async (claim) => ({ ...claim, ttlMs: 2 ** 40 })),
  ),
  mutant(
    'extends by setting the key',
    ['extension/creates-nothing', 'expiry/no-extend', 'batches/loss-is-single'],
    () => (inner) => ({
      ...inner,
      extend: async (claims) => {
        for (const claim of claims) await inner.acquire(claim)
        return inner.extend(claims)
      },
    }),
  ),
  mutant('answers "extended" for what is not there', 'extension/creates-nothing', () => (inner) => ({
    ...inner,
    extend: async (claims) => claims.map(({ ttlMs }) => ({ status: 'extended', validMs: ttlMs, fence: null })),
  })),
  mutant('extends a lease three times at most', 'extension/again-and-again', () => {
    const counts = new Map<string, number>()
    return (inner) => ({
      ...inner,
      extend: async (claims) => {
        for (const { owner } of claims) counts.set(owner, (counts.get(owner) ?? 0) + 1)
        const outcomes = await inner.extend(claims.filter(({ owner }) => (counts.get(owner) ?? 0) <= 3))
        return claims.map((_, index) => outcomes[index] ?? { status: 'lost' })
      },
    })
  }),
  mutant(
    'never ends a stolen lease',
    'steal/free-name',
    claiming((claim) => (claim.steal ? { ...claim, ttlMs: 2 ** 31 } : claim)),
  ),
]

/** The claim with the time that its lease has left anyway. */
async function remaining(claim: Claim, inner: LockBackend): Promise<Claim> {
  return { ...claim, ttlMs: (await inner.inspect(claim.name))?.holders[0]?.remainingMs ?? claim.ttlMs }
}
