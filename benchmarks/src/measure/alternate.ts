import { figureOf, type Figure } from './stats.js'

/** The figures of a short block of work, by name. */
export type Measured = Readonly<Record<string, number>>
export type Block = () => Promise<Measured>
export type Ratios = Readonly<Record<string, Figure>>

/**
 * Runs each contender in short blocks, each beside a block of its baseline, and answers the medians of the ratios. A
 * slowdown of the machine that lasts longer than two blocks slows both. The order changes from round to round.
 */
export async function alternate<K>(
  blocks: ReadonlyMap<K, { readonly baseline: Block; readonly contender: Block }>,
  rounds: number,
  warmUpMs: number,
): Promise<Map<K, Ratios>> {
  const seen = new Map<K, Map<string, number[]>>()
  for (const [key, { contender }] of blocks) {
    // Compiling and caching at first use are not measured.
    const warm = performance.now() + warmUpMs
    do await contender()
    while (performance.now() < warm)
    seen.set(key, new Map())
  }
  for (let round = 0; round < rounds; round++) {
    const entries = [...blocks]
    if (round % 2 === 1) entries.reverse()
    for (const [key, { baseline, contender }] of entries) {
      const before = round % 2 === 0 ? await baseline() : undefined
      const measured = await contender()
      collect(seen.get(key), measured, before ?? (await baseline()))
    }
  }
  return new Map([...seen].map(([key, ratios]) => [key, figures(ratios)]))
}

function collect(ratios: Map<string, number[]> | undefined, measured: Measured, baseline: Measured): void {
  for (const [figure, value] of Object.entries(measured)) {
    const ratio = value / (baseline[figure] ?? NaN)
    const known = ratios?.get(figure)
    if (known === undefined) ratios?.set(figure, [ratio])
    else known.push(ratio)
  }
}

function figures(ratios: ReadonlyMap<string, readonly number[]>): Ratios {
  return Object.fromEntries([...ratios].map(([figure, values]) => [figure, figureOf(values)]))
}
