// A target each of whose calls takes some milliseconds longer, as over a slow network.
import { setTimeout as pause } from 'node:timers/promises'

/** @import { LockBackend } from '@holdfast/core' */
/** @import { ConformanceTarget, OpenStore } from '@holdfast/testkit' */

export const DELAY_MS = Number(process.env.HOLDFAST_DELAY_MS ?? 0)

/** @param {ConformanceTarget} target @returns {ConformanceTarget} */
export function delayed(target) {
  if (!(DELAY_MS > 0)) return target
  return {
    ...target,
    name: `${target.name}, ${DELAY_MS} ms later`,
    open: async () => delayedStore(await target.open()),
  }
}

/** @param {OpenStore} store @returns {OpenStore} */
function delayedStore(store) {
  const { another, backends, faults } = store
  return {
    ...store,
    backends: [later(backends[0]), later(backends[1])],
    ...(another && { another: async (like) => withLater(await another(like)) }),
    ...(faults && { faults: { ...faults, open: async () => withLater(await faults.open()) } }),
  }
}

/** @template {{ readonly backend: LockBackend }} T @param {T} opened @returns {T} */
const withLater = (opened) => ({ ...opened, backend: later(opened.backend) })

/** @param {LockBackend} backend @returns {LockBackend} */
function later(backend) {
  const { list, watch } = backend
  return {
    specVersion: backend.specVersion,
    name: backend.name,
    capabilities: backend.capabilities,
    acquire: (...given) => slowly(() => backend.acquire(...given)),
    extend: (...given) => slowly(() => backend.extend(...given)),
    release: (...given) => slowly(() => backend.release(...given)),
    inspect: (...given) => slowly(() => backend.inspect(...given)),
    evict: (...given) => slowly(() => backend.evict(...given)),
    ...(list && {
      list: async function* (...given) {
        await pause(DELAY_MS)
        yield* list.apply(backend, given)
      },
    }),
    ...(watch && {
      watch: (onTurn, onStanding) =>
        slowly(() =>
          watch.call(
            backend,
            (turn) => void setTimeout(onTurn, DELAY_MS / 2, turn),
            onStanding && ((standing) => void setTimeout(onStanding, DELAY_MS / 2, standing)),
          ),
        ),
    }),
  }
}

/** Half of the delay is before the call, and half behind it. @template T @param {() => Promise<T>} call */
async function slowly(call) {
  await pause(DELAY_MS / 2)
  try {
    return await call()
  } finally {
    await pause(DELAY_MS / 2)
  }
}
