import type { Noise, Section } from './section.js'

/** The difference that the baselines show against themselves: none smaller than this means anything. */
export function noiseOf(sections: readonly Section[]): Noise[] {
  return sections.flatMap(({ workload, title, rows }) =>
    rows.filter(({ kind }) => kind === 'control').map(({ label, figures }) => ({ workload, title, label, figures })),
  )
}
