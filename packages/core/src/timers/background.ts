/** The work that goes on in the background of a locker. `close()` waits for it. A count, because most work is short. */
export class Background {
  size = 0
  #onIdle: (() => void) | undefined
  #idle: Promise<void> | undefined

  /** A piece of work has started; {@link ended} has to be called once for it. */
  started(): void {
    this.size++
  }

  ended(): void {
    this.size--
    if (this.size > 0 || this.#onIdle === undefined) return
    this.#onIdle()
    this.#onIdle = this.#idle = undefined
  }

  /** Resolves when no work goes on. */
  idle(): Promise<void> {
    if (this.size === 0) return Promise.resolve()
    this.#idle ??= new Promise((resolve) => (this.#onIdle = resolve))
    return this.#idle
  }
}

/** Lets `work`, which never rejects, go on in the background. */
export function runInBackground({ background }: { readonly background: Background }, work: Promise<unknown>): void {
  background.started()
  void work.then(() => background.ended())
}
