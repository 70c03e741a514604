/** Lets `work`, which never rejects, go on in the background, where `close()` waits for it. */
export function runInBackground(
  { background }: { readonly background: Set<Promise<unknown>> },
  work: Promise<unknown>,
): void {
  background.add(work)
  void work.then(() => background.delete(work))
}
