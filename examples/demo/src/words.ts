/** A duration for people: `12 ms`, `1.23 s`. */
export function ms(duration: number): string {
  return duration < 1_000 ? `${Math.round(duration)} ms` : `${(duration / 1_000).toFixed(2)} s`
}
