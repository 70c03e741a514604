import type { Capabilities, LockBackend } from '@holdfast/core'
import { type Mutant, mutant } from './mutant.js'

export const NONE: Capabilities = Object.freeze({
  scope: 'process',
  fencing: false,
  shared: false,
  line: false,
  watch: false,
  list: false,
})

/** A correct backend without any capability. */
export function stripped({ watch: _watch, list: _list, ...inner }: LockBackend): LockBackend {
  return Object.freeze({
    ...inner,
    capabilities: NONE,
    acquire: async ({ lineMs: _lineMs, ...claim }) => {
      const outcome = await inner.acquire(claim)
      return outcome.acquired ? { ...outcome, fence: null } : { ...outcome, ahead: null }
    },
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      return outcomes.map((outcome) => (outcome.status === 'extended' ? { ...outcome, fence: null } : outcome))
    },
    inspect: async (name) => {
      const seen = await inner.inspect(name)
      if (seen === null) return null
      return { ...seen, holders: seen.holders.map((holder) => ({ ...holder, fence: null })), waiting: null }
    },
  } satisfies LockBackend)
}

export const capabilityMutants: readonly Mutant[] = [
  mutant('hands out capabilities that anybody can change', 'capabilities/complete', () => (inner) => ({
    ...inner,
    capabilities: { ...inner.capabilities },
  })),
  mutant('makes up its capabilities anew on every look', 'capabilities/complete', () => (inner) => ({
    ...inner,
    get capabilities() {
      return Object.freeze({ ...inner.capabilities })
    },
  })),
  mutant('has no name', 'capabilities/handles-agree', () => (inner) => ({
    ...inner,
    name: '',
  })),
  mutant('promises other things on the second handle', 'capabilities/handles-agree', () => (inner, index) => ({
    ...inner,
    capabilities: Object.freeze({ ...inner.capabilities, scope: index === 0 ? 'process' : 'shared' }),
  })),
  mutant(
    'claims to watch and has no watch',
    'capabilities/watch',
    () =>
      ({ watch: _, ...inner }) =>
        inner,
  ),
  mutant('has a watch that it denies', 'capabilities/watch', () => (inner) => ({
    ...inner,
    capabilities: Object.freeze({ ...inner.capabilities, watch: false }),
  })),
  mutant(
    'claims to list and has no list',
    'capabilities/list',
    () =>
      ({ list: _, ...inner }) =>
        inner,
  ),
  mutant('has a list that it denies', 'capabilities/list', () => (inner) => ({
    ...inner,
    capabilities: Object.freeze({ ...inner.capabilities, list: false }),
  })),
  mutant('denies fencing and answers fences', 'absent/fencing', () => (inner) => ({
    ...stripped(inner),
    acquire: ({ lineMs: _, ...claim }) => inner.acquire(claim),
  })),
  mutant('denies fencing and reserves fences on extend', 'absent/fencing', () => (inner) => ({
    ...stripped(inner),
    extend: (claims) => inner.extend(claims),
  })),
  mutant('denies the line and tells places in it', 'absent/line-ahead', () => (inner) => ({
    ...stripped(inner),
    acquire: async ({ lineMs: _, ...claim }) => {
      const outcome = await inner.acquire(claim)
      return outcome.acquired ? { ...outcome, fence: null } : { ...outcome, ahead: 0 }
    },
  })),
  mutant('denies the line and keeps places all the same', 'absent/line-places', () => (inner) => ({
    ...stripped(inner),
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      return outcome.acquired ? { ...outcome, fence: null } : { ...outcome, ahead: null }
    },
  })),
]
