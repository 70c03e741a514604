/** The work that goes on in the background of a locker. `close()` waits for it. A count, because most work is short. */
export class Background {
  size = 0
  #onIdle: (() => void) | undefined

  /** A piece of work has started; {@link ended} has to be called once for it. */
  started(): void {
    this.size++
  }

  ended(): void {
    if (--this.size === 0) this.#onIdle?.()
  }

  /** Resolves the next time that all work has ended. Called once at a time. */
  idle(): Promise<void> {
    return new Promise((resolve) => (this.#onIdle = resolve))
  }
}

/** Lets `work`, which never rejects, go on in the background. */
export function runInBackground({ background }: { readonly background: Background }, work: Promise<unknown>): void {
  background.started()
  void work.then(() => background.ended())
}
