import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Results } from './report/section.js'
import { picture, summary } from './report/svg.js'

/** Draws the results into the folder: all figures, and the four that README.md shows. */
export async function writePictures(results: Results, folder: string): Promise<void> {
  await writeFile(join(folder, 'latest.svg'), picture(results))
  await writeFile(join(folder, 'summary.svg'), summary(results))
}

// Run by itself, `node dist/pictures.js` draws the last results once more.
if (process.argv[1] === import.meta.filename) {
  const folder = join(import.meta.dirname, '..', 'results')
  await writePictures(JSON.parse(await readFile(join(folder, 'latest.json'), 'utf8')) as Results, folder)
}
