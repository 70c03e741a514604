/** Writes lines to the standard output. Resolves when they are written. */
export function print(lines: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(lines.map((line) => `${line}\n`).join(''), () => resolve())
  })
}
