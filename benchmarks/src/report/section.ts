import type { Kind } from '../locks/contender.js'
import type { Figure } from '../measure/stats.js'

export interface Column {
  readonly key: string
  readonly title: string
  readonly digits: number
  readonly better?: 'less' | 'more'
  /** The scale of the column in the picture; a column without a scale is not drawn. */
  readonly chart?: 'linear' | 'logarithmic'
}

export interface Row {
  readonly label: string
  readonly kind: Kind
  /** The figures by column; an absent figure does not apply. */
  readonly figures: Readonly<Record<string, Figure>>
  readonly note?: string
}

/** A table of a workload. */
export interface Section {
  readonly workload: string
  readonly title: string
  /** The measurement in a sentence or two. */
  readonly about: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

/** Where and when the results were measured. */
export interface Setting {
  readonly date: string
  readonly node: string
  readonly server: string
  readonly cpus: number
  readonly cpu: string
  readonly system: string
  readonly mode: 'full' | 'short'
}

/** A baseline measured against itself. */
export interface Noise {
  readonly workload: string
  readonly title: string
  readonly label: string
  readonly figures: Readonly<Record<string, Figure>>
}

export interface Results extends Setting {
  readonly noise: readonly Noise[]
  readonly sections: readonly Section[]
}
