import { panelsOf, summaryOf, type Bar, type Panel } from './panels.js'
import type { Results } from './section.js'
import { wrap } from './table.js'

// A picture by hand: bars with their figures in words beside them, so that no colour is needed to read it.

const WIDTH = 1180
const MARGIN = 24
const GAP = 28
const PANEL_WIDTH = (WIDTH - 2 * MARGIN - GAP) / 2
const LABEL_WIDTH = 186
const FIGURE_WIDTH = 112
const BAR_HEIGHT = 15
const ROW_HEIGHT = 20
const TITLE_HEIGHT = 54
const HEAD_HEIGHT = 84

const COLOURS = { ours: '#0b6e4f', peer: '#9aa5b1', reference: '#c7a252', control: '#d5dae0' } as const
const MEANINGS = {
  ours: 'Holdfast',
  peer: 'peer',
  reference: 'reference, no lock to use',
  control: 'control (A/A)',
} as const
const LEGEND_AT = [0, 104, 176, 366]
const FONT = `font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"`

/** All figures that have a scale, one panel each, in two columns. */
export function picture(results: Results): string {
  return draw(results, panelsOf(results.sections))
}

/** The four figures that README.md shows. */
export function summary(results: Results): string {
  return draw(results, summaryOf(results.sections))
}

function draw(results: Results, panels: readonly Panel[]): string {
  const parts: string[] = []
  let top = HEAD_HEIGHT
  for (let i = 0; i < panels.length; i += 2) {
    const row = panels.slice(i, i + 2)
    for (const [column, panel] of row.entries()) {
      parts.push(`<g transform="translate(${MARGIN + column * (PANEL_WIDTH + GAP)} ${top})">${drawPanel(panel)}</g>`)
    }
    top += Math.max(...row.map(heightOf))
  }
  const height = top + MARGIN
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" ${FONT}>`,
    `<title>Holdfast beside its peers</title>`,
    `<rect width="100%" height="100%" rx="8" fill="#ffffff"/>`,
    head(results),
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

function head({ date, node, server, cpus, mode }: Results): string {
  const setting = `Node ${node}, ${server}, ${cpus} CPUs, ${date.slice(0, 10)}${mode === 'short' ? ', short run' : ''}`
  const legend = Object.entries(MEANINGS).map(([kind, meaning], i) => {
    const x = MARGIN + (LEGEND_AT[i] ?? 0)
    return `<rect x="${x}" y="56" width="12" height="12" fill="${COLOURS[kind as keyof typeof COLOURS]}"/>${text(meaning, x + 18, 66, 12, '#333333')}`
  })
  return [
    text('Holdfast beside its peers', MARGIN, 28, 18, '#111111', 'font-weight="600"'),
    text(
      `${setting}. Times on shared machines mean little: compare within a panel, and against its control.`,
      MARGIN,
      46,
      12,
      '#555555',
    ),
    ...legend,
  ].join('\n')
}

const heightOf = ({ bars }: Panel): number => TITLE_HEIGHT + bars.length * ROW_HEIGHT + 22

function drawPanel({ title, unit, bars }: Panel): string {
  const lines = wrap(title, 76)
  const heading = lines.map((line, i) => text(line, 0, 12 + i * 15, 12, '#111111', 'font-weight="600"'))
  const about = text(unit, 0, 12 + lines.length * 15, 11, '#666666')
  return [...heading, about, ...bars.map((bar, i) => drawBar(bar, TITLE_HEIGHT + i * ROW_HEIGHT))].join('\n')
}

function drawBar({ label, kind, length, figure }: Bar, top: number): string {
  const width = Math.max(2, length * (PANEL_WIDTH - LABEL_WIDTH - FIGURE_WIDTH))
  const baseline = top + 12
  const weight = kind === 'ours' ? 'font-weight="600"' : ''
  return [
    text(label, LABEL_WIDTH - 8, baseline, 12, '#222222', `text-anchor="end" ${weight}`),
    `<rect x="${LABEL_WIDTH}" y="${top}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2" fill="${COLOURS[kind]}"/>`,
    text(figure, LABEL_WIDTH + width + 6, baseline, 12, '#222222', weight),
  ].join('')
}

function text(content: string, x: number, y: number, size: number, fill: string, more = ''): string {
  const escaped = content.replace(/[&<>]/g, (each) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[each] ?? each)
  return `<text x="${x.toFixed(1)}" y="${y}" font-size="${size}" fill="${fill}" ${more}>${escaped}</text>`
}
