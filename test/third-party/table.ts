import { behaviours } from './behaviours/index.ts'
import type { Library } from './libraries.ts'

export type Cell =
  | { readonly kind: 'passed'; readonly reason?: string }
  | { readonly kind: 'not applicable' }
  | { readonly kind: 'cannot'; readonly reason: string }
  | { readonly kind: 'failed'; readonly run: string; readonly error: string }

export type LibraryResult = {
  readonly library: Library
  readonly version: string
  /** By the id of the behaviour. */
  readonly cells: Readonly<Record<string, Cell>>
  readonly cannot: Readonly<Record<string, string>>
  readonly seconds: number
}

type Failure = { readonly id: string; readonly run: string; readonly error: string }

export function failures({ cells, cannot }: LibraryResult): readonly Failure[] {
  const failed = Object.entries(cells).flatMap(([id, cell]) =>
    cell.kind === 'failed' ? [{ id, ...cell }] : [],
  )
  const unknown = Object.keys(cannot).filter((id) => !behaviours.some((one) => one.id === id))
  const missing = behaviours.filter(({ id }) => cells[id] === undefined)
  return [
    ...failed,
    ...unknown.map((id) => ({ id, run: 'first', error: 'a footnote for a behaviour that there is not' })),
    ...missing
      .slice(0, 1)
      .map(({ id }) => ({ id, run: 'any', error: `${missing.length} have not been run` })),
  ]
}

/** Markdown: a row for each library, a column for each behaviour, and the legend. */
export function printedTable(results: readonly LibraryResult[]): string {
  const reasons = [...new Set(results.flatMap(({ cells }) => Object.values(cells).flatMap(reasonOf)))]
  const head = ['library', 'version', ...behaviours.map((_, index) => String(index + 1))]
  const lines = results.map(({ library, version, cells }) => [
    library.name,
    version,
    ...behaviours.map(({ id }) => mark(cells[id], reasons)),
  ])
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const legend = behaviours.map(({ title }, index) => `${index + 1}. ${title}`)
  const footnotes = reasons.map((reason, index) => `<sup>${index + 1}</sup> ${reason}  `)
  const rule = ['---', '---', ...behaviours.map(() => ':-:')]
  return `${[row(head), row(rule), ...lines.map(row), '', ...legend, '', ...footnotes].join('\n').trimEnd()}\n`
}

function reasonOf(cell: Cell): string[] {
  return 'reason' in cell && cell.reason ? [cell.reason] : []
}

function mark(cell: Cell | undefined, reasons: readonly string[]): string {
  if (cell === undefined || cell.kind === 'failed') return '✗'
  if (cell.kind === 'not applicable') return '–'
  const footnote = cell.reason ? `<sup>${reasons.indexOf(cell.reason) + 1}</sup>` : ''
  return cell.kind === 'passed' ? `✓${footnote}` : footnote
}
