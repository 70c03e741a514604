import type { Engine } from './engine.js'

/** Lets `work`, which never rejects, go on in the background, where `close()` waits for it. */
export function inBackground({ background }: Engine, work: Promise<unknown>): void {
  background.add(work)
  void work.then(() => background.delete(work))
}
