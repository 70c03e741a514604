/**
 * How many calls are made at once: a client may refuse more than it has room for, and other cases run at the same time.
 */
const TOGETHER = 50

/** Acts on the items in their order, on some of them at the same time. */
export async function inPortions<T>(
  items: Iterable<T>,
  act: (item: T, index: number) => Promise<unknown>,
  together: number = TOGETHER,
): Promise<void> {
  const all = [...items]
  for (let from = 0; from < all.length; from += together)
    await Promise.all(all.slice(from, from + together).map((item, index) => act(item, from + index)))
}
