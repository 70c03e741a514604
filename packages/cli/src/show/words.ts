import stringWidth from 'string-width'

/** A name or a label as it is shown: whatever could control a terminal, or change the order of what it shows, is escaped. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

/** The label of a holder or a waiter, as it is shown. */
export function labelText(label: string | null): string {
  if (label === null) return '(foreign)'
  return label === '' ? '(no label)' : plain(label)
}

/** A span of time, as short as it can be read. `null` has no end. */
export function spanText(ms: number | null): string {
  if (ms === null) return 'no end'
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`
}

/** The text cut to so many columns of a terminal, some characters of which take two or none. */
export function cut(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text
  let kept = ''
  let width = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += stringWidth(segment)
    if (width > columns - 1) break
    kept += segment
  }
  return `${kept}…`
}

/** The text with spaces behind it, so that it takes so many columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)))
}
