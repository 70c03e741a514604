/** A piece of a byte stream: a whole frame, or bytes that are no frame (`frame` is then undefined). */
export interface Piece<F> {
  readonly bytes: Buffer
  readonly frame: F | undefined
}

/**
 * Cuts a byte stream into frames, however the bytes are packed into chunks. Incomplete frames wait for the next
 * chunk. A stream that stops making sense is handed on as it comes from then on.
 */
export function createSplitter<F extends { readonly end: number }>(
  read: (bytes: Buffer, start: number) => F | undefined,
): (chunk: Buffer) => readonly Piece<F>[] {
  let rest: Buffer = Buffer.alloc(0)
  let readable = true

  const next = (bytes: Buffer, start: number): F | undefined => {
    try {
      return read(bytes, start)
    } catch {
      readable = false
      return undefined
    }
  }

  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const pieces: Piece<F>[] = []
    let start = 0
    while (readable && start < bytes.length) {
      const frame = next(bytes, start)
      if (!frame) break
      pieces.push({ bytes: bytes.subarray(start, frame.end), frame })
      start = frame.end
    }
    rest = readable ? bytes.subarray(start) : Buffer.alloc(0)
    if (!readable && start < bytes.length) pieces.push({ bytes: bytes.subarray(start), frame: undefined })
    return pieces
  }
}
