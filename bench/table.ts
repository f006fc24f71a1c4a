import type { Measured } from './pairs.ts'
import type { Section } from './results.ts'
import { labelOf } from './variants.ts'

/** A section as a table of text: a row for each contender, the ratio to the baseline with its quartiles. */
export function tableOf({ title, unit, groups, notes }: Section): string {
  const header = ['', unit, 'ratio', 'quartiles', 'pairs']
  const rows = groups.flatMap(({ name, measured }) => [
    [name, '', '', '', ''],
    ...measured.map((entry) => rowOf(entry)),
  ])
  const lines = align([header, ...rows])
  return ['', title, ...lines, ...notes.map((note) => `* ${note}`)].join('\n')
}

function rowOf({ name, values, ratios, pairs }: Measured): string[] {
  const quartiles = `${short(ratios.lower)}–${short(ratios.upper)}`
  return [`  ${labelOf(name)}`, short(values.median), `${short(ratios.median)}×`, quartiles, String(pairs)]
}

/** Three digits, as more would be noise. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 100) return value.toFixed(0)
  return value.toFixed(value >= 10 ? 1 : 2)
}

/** The first column to the left, the others to the right. */
function align(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => row[i]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
