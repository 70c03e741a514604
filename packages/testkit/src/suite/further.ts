import { observe } from './observe.js'
import type { CaseRun } from './strays.js'
import { checkHandle, type OpenHandle, type OpenStore } from './target.js'

/** The handles that a case opens. */
export interface FurtherHandles {
  /** Opens a handle whose calls the log of the case sees. Its `close` closes it only once. */
  another(like: 0 | 1): Promise<OpenHandle>
  /** Closes the handles that the case has left open. */
  close(): Promise<unknown>
}

export function furtherHandles(store: OpenStore, log: CaseRun['log']): FurtherHandles {
  const opened: OpenHandle[] = []
  return {
    another: async (like) => {
      if (store.another === undefined) throw new TypeError('this case must require `another`')
      const handle = await store.another(like)
      checkHandle(handle)
      let closing: Promise<unknown> | undefined
      const close = (): Promise<unknown> => (closing ??= Promise.resolve(handle.close()))
      const name = 'cdefgh'.charAt(opened.length) || 'i'
      opened.push({ ...handle, close })
      return { backend: observe(handle.backend, name, log), close }
    },
    close: () => Promise.allSettled(opened.map(async ({ close }) => close())),
  }
}
