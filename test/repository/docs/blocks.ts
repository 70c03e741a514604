import { read } from '../../workspace.js'

/**
 * A fenced block of a document. An HTML comment right before the fence, which readers do not see, says what is to be
 * done with it beyond checking its types:
 *
 * - `<!-- run -->`: it is also run, against a Redis of its own that stands for `redis://localhost:6379`. What it
 *   prints must be what its lines `console.log(…) // …` say, in their order.
 * - `<!-- continues -->`: it goes on from the nearest block above that does not continue another one.
 * - `<!-- file: name.ts -->`: other blocks of the same document may import it by this name.
 */
export interface Block {
  /** The document, relative to the root of the repository. */
  readonly document: string
  /** The line of the document in which the text begins. */
  readonly line: number
  readonly language: string
  readonly text: string
  readonly run: boolean
  readonly continues: boolean
  readonly fileName: string | undefined
}

const FENCE = /^```(\S*)\s*$/
const MARK = /^<!-- ([^>]*) -->$/

export function blocksOf(document: string): Block[] {
  const lines = read(document).split('\n')
  const blocks: Block[] = []
  for (let i = 0; i < lines.length; i++) {
    const language = FENCE.exec(lines[i] ?? '')?.[1]
    if (language === undefined) continue
    const end = lines.indexOf('```', i + 1)
    if (end < 0) throw new Error(`${document}:${i + 1}: this block has no end`)
    const before = lines.slice(0, i).findLast((line) => line !== '') ?? ''
    const marks = MARK.exec(before)?.[1]?.split(', ') ?? []
    blocks.push({
      document,
      line: i + 2,
      language,
      text: lines.slice(i + 1, end).join('\n'),
      ...readMarks(marks, `${document}:${i + 1}`),
    })
    i = end
  }
  return blocks
}

function readMarks(marks: readonly string[], where: string): Pick<Block, 'run' | 'continues' | 'fileName'> {
  const fileName = marks.map((mark) => /^file: (\S+)$/.exec(mark)?.[1]).find((name) => name !== undefined)
  const unknown = marks.find((mark) => mark !== 'run' && mark !== 'continues' && !mark.startsWith('file: '))
  if (unknown !== undefined) throw new Error(`${where}: there is no mark '${unknown}'`)
  return { run: marks.includes('run'), continues: marks.includes('continues'), fileName }
}

export const isCode = ({ language }: Block): boolean => ['ts', 'js'].includes(language)

/** The output of the block, by the comments behind its `console.log`. */
export function expectedOutput({ text }: Block): string[] {
  return [...text.matchAll(/^\s*console\.log\(.*\) \/\/ (.+)$/gm)].map(([, said = '']) => said)
}
