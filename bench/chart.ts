/** The chart of README: SVG as text, which a browser draws in its own light or dark colours. */
import { DELAY } from './delayed.ts'
import type { Machine } from './machine.ts'
import type { Group, Section } from './results.ts'
import { short } from './table.ts'
import { labelOf } from './variants.ts'

const WIDTH = 760
const LABELS = 190
/** Right of the bars, for what they say. */
const VALUES = 130
const BAR = 16
const STEP = 22
const PANEL_HEAD = 34

/** Bars that are longer are cut, and end in a point. */
const LIMIT = 6
const SCALE = (WIDTH - LABELS - VALUES) / LIMIT
/** Where a bar of 1 ends. */
const ONE = LABELS + SCALE

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.panel { font-weight: 600 }
.note { fill: #59636e; font-size: 11px }
.bar { fill: #9aa7b4 }
.own { fill: #1a7f37 }
.line { stroke: #59636e; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.note { fill: #9198a1 }
.bar { fill: #5b6672 }
.own { fill: #3fb950 }
.line { stroke: #9198a1 }
}`

const PLACES: Readonly<Record<string, string>> = {
  tests: 'on the loopback, fsync off',
  synced: 'on the loopback, fsync on as by default',
  delayed: `each message delayed by ${DELAY} ms, fsync off`,
}

/** The workload of five statements in the sections that are given, without and with a transaction. */
export function chartOf(sections: readonly Section[], machine: Machine): string {
  const panels = sections
    .filter(({ name }) => name in PLACES)
    .flatMap((section) =>
      section.groups.filter(({ name }) => name.startsWith('5 ')).map((group) => panelOf(section, group)),
    )
  let top = 44
  const drawn = panels.map((panel) => {
    const lines = drawPanel(panel, top)
    top += PANEL_HEAD + panel.group.measured.length * STEP + 10
    return lines
  })
  const note = `Medians of pairs. ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, PostgreSQL ${machine.postgres}.`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + 22}" role="img" aria-labelledby="title">`,
    '<title id="title">The time of a test, beside the same test without isolation</title>',
    `<style>${STYLE}</style>`,
    '<text class="title" x="8" y="22">The time of a test, beside the same test without isolation (shorter is better)</text>',
    ...drawn,
    `<text class="note" x="8" y="${top + 8}">${escape(note)}</text>`,
    '</svg>',
    '',
  ].join('\n')
}

interface Panel {
  readonly title: string
  readonly group: Group
}

function panelOf(section: Section, group: Group): Panel {
  return { title: `${group.name}, ${PLACES[section.name]}`, group }
}

function drawPanel({ title, group }: Panel, top: number): string {
  const first = top + PANEL_HEAD - 12
  const bars = group.measured.toSorted((a, b) => a.ratios.median - b.ratios.median)
  const end = first + bars.length * STEP
  return [
    `<text class="panel" x="8" y="${top + 10}">${escape(title)}</text>`,
    ...bars.map(({ name, values, ratios }, i) =>
      drawBar(
        name,
        { ratio: ratios.median, text: `${short(ratios.median)}×, ${short(values.median)} ms` },
        first + i * STEP,
      ),
    ),
    `<line class="line" x1="${ONE}" x2="${ONE}" y1="${first - 4}" y2="${end}"/>`,
  ].join('\n')
}

function drawBar(name: string, { ratio, text }: { ratio: number; text: string }, y: number): string {
  const length = Math.max(1, Math.min(ratio, LIMIT) * SCALE)
  const right = Math.round(LABELS + length)
  const [bottom, middle] = [y + BAR, y + BAR / 2]
  const point = ratio > LIMIT ? `L${right + 8} ${middle}` : ''
  const kind = name === 'pg-sandbox' ? 'own' : 'bar'
  return [
    `<text x="${LABELS - 8}" y="${y + 12}" text-anchor="end">${escape(labelOf(name))}</text>`,
    `<path class="${kind}" d="M${LABELS} ${y}H${right}${point}L${right} ${bottom}H${LABELS}Z"/>`,
    // Beside the line, where the bar ends before it.
    `<text x="${Math.max(right, ONE) + (point ? 14 : 6)}" y="${y + 12}">${escape(text)}</text>`,
  ].join('')
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
