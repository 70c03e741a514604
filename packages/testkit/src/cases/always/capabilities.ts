import type { LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectThat, expectRefused, expectSame } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'

const FLAGS = ['fencing', 'shared', 'line', 'watch', 'list'] as const

/** A backend has the capabilities that it names, and lacks the members of the others. */
export const capabilities: readonly ConformanceCase[] = [
  {
    id: 'capabilities/complete',
    title: 'capabilities are plain frozen data with every field',
    run: async (world) => {
      for (const backend of handles(world)) {
        const said = backend.capabilities
        expectThat(Object.isFrozen(said), 'capabilities are frozen', said)
        expectThat(said.scope === 'process' || said.scope === 'shared', "scope is 'process' or 'shared'", said)
        for (const flag of FLAGS) expectThat(typeof said[flag] === 'boolean', `capability ${flag} is a boolean`, said)
        expectThat(backend.capabilities === said, 'capabilities never change', backend.capabilities)
      }
    },
  },
  {
    id: 'capabilities/handles-agree',
    title: 'two handles on one store understand the same locks',
    run: async ({ a, b }) => {
      // The handles may be of different kinds: each may lack members that the other has.
      const fields = ['scope', 'fencing', 'shared', 'line'] as const
      expectSame(
        fields.map((field) => b.capabilities[field]),
        fields.map((field) => a.capabilities[field]),
        `capabilities (${fields.join(', ')}) of the second handle, compared to the first`,
      )
      for (const { name } of [a, b]) expectThat(typeof name === 'string' && name !== '', 'a backend has a name', name)
    },
  },
  {
    id: 'capabilities/watch',
    title: 'watch is there if and only if the capability says so',
    run: async (world) => {
      for (const { capabilities: said, watch } of handles(world))
        expectSame(typeof watch === 'function', said.watch, 'has watch')
    },
  },
  {
    id: 'capabilities/list',
    title: 'list is there if and only if the capability says so',
    run: async (world) => {
      for (const { capabilities: said, list } of handles(world))
        expectSame(typeof list === 'function', said.list, 'has list')
    },
  },
]

/** Cases for backends without a capability. */
export const absentCapabilities: readonly ConformanceCase[] = [
  {
    id: 'absent/fencing',
    title: 'without fencing every fence is null',
    without: ['fencing'],
    run: async ({ a, name, claim }) => {
      const mine = claim({ fences: 3 })
      expectSame((await expectGranted(a, mine, 'nobody holds the name')).fence, null, 'the fence of a grant')
      expectSame((await expectGranted(a, mine, 'a repeated claim')).fence, null, 'the fence of a repeated claim')
      const [extended] = await a.extend([mine])
      expectSame(extended?.status === 'extended' && extended.fence, null, 'the fence of an extend that reserves some')
      expectSame((await a.inspect(name))?.holders[0]?.fence, null, 'the fence that inspect shows')
    },
  },
  {
    id: 'absent/line-ahead',
    title: 'without a line no claim is answered a place in it',
    without: ['line'],
    run: async ({ a, b, name, claim }) => {
      await expectGranted(a, claim(), 'nobody holds the name')
      expectSame((await expectRefused(b, claim({ lineMs: LONG_MS }), 'the name is held')).ahead, null, 'ahead')
      expectSame((await a.inspect(name))?.waiting, null, 'how many wait')
    },
  },
  {
    id: 'absent/line-places',
    title: 'without a line nobody keeps a place: a free name goes to the first who asks',
    without: ['line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, claim({ lineMs: LONG_MS }), 'the name is held')
      await a.release({ name, owner: first.owner })
      expectSame(await b.inspect(name), null, 'inspect of a released name')
      await expectGranted(a, claim(), 'nobody holds the name')
    },
  },
]

function handles({ a, b }: World): readonly LockBackend[] {
  return [a, b]
}
