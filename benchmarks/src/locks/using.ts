import type { Held } from './contender.js'

/** Turns "run this under the lock" into a lock that is held until it is released. */
export function held(using: (routine: () => Promise<void>) => Promise<unknown>): Promise<Held> {
  return new Promise((resolve, reject) => {
    const done = using(
      () =>
        new Promise((end) => {
          const release = (): Promise<unknown> => {
            end()
            return done
          }
          resolve({ release })
        }),
    )
    done.catch(reject)
  })
}
