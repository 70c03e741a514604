/** Runs work beside other work, or alone. */
export type Beside = <T>(alone: boolean, work: () => Promise<T>) => Promise<T>

/** Work that runs alone begins when all work before it has ended; later work waits for its end. */
export function createBeside(): Beside {
  const beside = new Set<Promise<void>>()
  let lastAlone: Promise<void> = Promise.resolve()
  return async (alone, work) => {
    const before = alone ? [lastAlone, ...beside] : [lastAlone]
    const result = Promise.all(before).then(work)
    const ended = result.then(
      () => {},
      () => {},
    )
    if (alone) lastAlone = ended
    else {
      beside.add(ended)
      void ended.then(() => beside.delete(ended))
    }
    return result
  }
}
