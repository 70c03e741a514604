/**
 * A name or owner as text of PostgreSQL, which cannot hold NUL. Two characters are written as two each, so that no two
 * texts become the same.
 */
export function toStored(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these two are escaped
  return text.replaceAll(/[\0\u0001]/g, (char) => (char === '\0' ? '\u{1}0' : '\u{1}1'))
}

/** The reverse of {@link toStored}. */
export function fromStored(text: string): string {
  // oxlint-disable-next-line no-control-regex -- as above
  return text.replaceAll(/\u0001(.)/g, (_, digit) => (digit === '0' ? '\0' : '\u0001'))
}
