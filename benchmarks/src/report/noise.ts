import type { Noise, Section } from './section.js'

/** The difference of the baselines from themselves: a smaller difference between contenders means nothing. */
export function noiseOf(sections: readonly Section[]): Noise[] {
  return sections.flatMap(({ workload, title, rows }) =>
    rows.filter(({ kind }) => kind === 'control').map(({ label, figures }) => ({ workload, title, label, figures })),
  )
}
