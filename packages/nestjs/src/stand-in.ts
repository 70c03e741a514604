/** The part of reflect-metadata, which Nest needs and loads, that is used here. */
interface Metadata {
  getOwnMetadataKeys(target: object): unknown[]
  getOwnMetadata(key: unknown, target: object): unknown
  defineMetadata(key: unknown, value: unknown, target: object): void
}

type Callable = (...args: never[]) => unknown

/**
 * Makes one function look like another: name, length, own properties, and the metadata that decorators wrote on it, which
 * Nest reads from the function that it finds in the class.
 */
export function standInFor<F extends Callable>(original: Callable, replacement: F): F {
  const { prototype: _, ...properties } = Object.getOwnPropertyDescriptors<Callable & { prototype?: unknown }>(original)
  Object.defineProperties(replacement, properties)
  const metadata = Reflect as unknown as Metadata
  for (const key of metadata.getOwnMetadataKeys(original))
    metadata.defineMetadata(key, metadata.getOwnMetadata(key, original), replacement)
  return replacement
}
