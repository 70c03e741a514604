const SHOWN = 64

/** A name as it appears in messages: quoted, escaped, and not endless. */
export function quote(name: string): string {
  return JSON.stringify(name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name)
}
