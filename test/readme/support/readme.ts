/** README.md as data: its sections, fenced blocks, tables and lists. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

export const ROOT: string = path.join(__dirname, '..', '..', '..')

export const README: string = readFileSync(path.join(ROOT, 'README.md'), 'utf8')

/** The recipes for `other` runners are run in test/package/. */
export type Runner = 'jest' | 'vitest' | 'node:test' | 'other'

export type Block =
  /** A file of an example project. Its first line names it, and after a comma in which variant of the project it is. */
  | { kind: 'file'; line: number; runner: Runner; path: string; variant: string; text: string }
  | { kind: 'shell'; line: number; commands: string[] }
  | { kind: 'unknown'; line: number; reason: string }

const OPENING = /^ {0,3}(`{3,}|~{3,})\s*(.*)$/

/** All fenced blocks, also those that nobody knows how to run. */
export function blocks(): Block[] {
  const found: Block[] = []
  let open: { fence: string; language: string; line: number; body: string[] } | undefined
  for (const [index, text] of README.split('\n').entries()) {
    if (open === undefined) {
      const [, fence, language = ''] = OPENING.exec(text) ?? []
      if (fence) open = { fence, language, line: index + 1, body: [] }
    } else if (text.trim().startsWith(open.fence)) {
      found.push(blockOf(open.language, open.line, open.body))
      open = undefined
    } else open.body.push(text)
  }
  if (open) found.push({ kind: 'unknown', line: open.line, reason: 'it is not closed' })
  return found
}

function blockOf(language: string, line: number, body: string[]): Block {
  if (language === 'sh') return { kind: 'shell', line, commands: body.filter((command) => command !== '') }
  if (language !== 'ts' && language !== 'js')
    return { kind: 'unknown', line, reason: `language "${language}"` }
  const [, name, variant = ''] = /^\/\/ ([\w./-]+\.m?[jt]s)(?:, (.+))?$/.exec(body[0] ?? '') ?? []
  if (!name) return { kind: 'unknown', line, reason: 'its first line names no file' }
  const text = body.join('\n')
  const runner = runnerOf(name, text)
  if (!runner) return { kind: 'unknown', line, reason: 'it is for no known runner' }
  return { kind: 'file', line, runner, path: name, variant, text }
}

function runnerOf(name: string, text: string): Runner | undefined {
  if (/mochaHooks|bun:test|@playwright\/test|\/\/ japa/.test(text)) return 'other'
  if (/['/]vitest/.test(text)) return 'vitest'
  if (/node:test/.test(text)) return 'node:test'
  return name.startsWith('jest') || /^ *test(?:\.concurrent)?\(/m.test(text) ? 'jest' : undefined
}

export type Project = { runner: Runner; variant: string; files: Map<string, string>; tests: number }

/** Variants that are projects by themselves. Any other is the main project with some files replaced. */
const ALONE = new Set(['before', 'without a set-up file', 'with a database of its own'])

/** The example projects for one runner. */
export function projects(runner: Runner): Project[] {
  const files = blocks().filter((block) => block.kind === 'file' && block.runner === runner) as Extract<
    Block,
    { kind: 'file' }
  >[]
  return [...new Set(files.map(({ variant }) => variant))].map((variant) => {
    const inherited = ALONE.has(variant) ? [] : files.filter((file) => file.variant === '')
    const own = files.filter((file) => file.variant === variant)
    const contents = new Map([...inherited, ...own].map((file) => [file.path, file.text]))
    const tests = [...contents.values()].join('\n').match(/^ *(?:test|it)(?:\.concurrent)?\(/gm)?.length ?? 0
    return { runner, variant, files: contents, tests }
  })
}

/** The text under a heading, up to the next of the same or a higher rank. */
export function section(heading: string): string {
  const lines = README.split('\n')
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'))
  if (start === -1) throw new Error(`README.md has no heading "${heading}".`)
  const rank = lines[start]?.indexOf(' ') ?? 0
  const length = lines.slice(start + 1).findIndex((line) => new RegExp(`^#{1,${rank}} `).test(line))
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join('\n')
}

/** The cells of a section's only table, without its head. */
export function table(heading: string): string[][] {
  const rows = section(heading)
    .split('\n')
    .filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

/** What stands between backticks. */
export function codeSpans(text: string): string[] {
  return Array.from(text.matchAll(/`([^`]+)`/g), ([, code = '']) => code)
}
