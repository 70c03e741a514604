/** Milliseconds on the monotonic clock of the host: one clock for all processes, which nobody can set. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
