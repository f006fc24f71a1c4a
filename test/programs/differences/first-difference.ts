import type { Program, Step } from './program.ts'
import { areSame, type Lines, type Run } from './run.ts'

/** Where the sandboxed run first parts from the plain one. */
export type Difference = {
  /** The step's place in the program; -1: at the start, the number of steps: at the end. */
  readonly index: number
  readonly plain: readonly string[]
  readonly sandboxed: readonly string[]
  /** The kind of difference: what was sent, and the first lines that differ, without their numbers and names. */
  readonly fingerprint: string
}

export function firstDifference(program: Program, plain: Run, sandboxed: Run): Difference | undefined {
  if (!areSame(plain.start, sandboxed.start)) return difference(program, -1, plain.start, sandboxed.start)
  for (const [index, lines] of sandboxed.steps.entries()) {
    if (!areSame(plain.steps[index], lines)) return difference(program, index, plain.steps[index], lines)
  }
  return areSame(plain.end, sandboxed.end)
    ? undefined
    : difference(program, program.steps.length, plain.end, sandboxed.end)
}

/** A difference that is not in the answers: the sandboxed run has failed, or has left something behind. */
export function otherDifference(program: Program, what: string): Difference {
  return difference(program, program.steps.length, ['nothing of the kind'], [what])
}

function difference(program: Program, index: number, plain: Lines, sandboxed: Lines): Difference {
  const [one, other] = [plain ?? ['left out'], sandboxed ?? ['left out']]
  const first = one.findIndex((line, at) => line !== other[at])
  const at = first < 0 ? one.length : first
  const step = program.steps[index]
  const sent = step === undefined ? (index < 0 ? 'start' : 'end') : shapeOf(step)
  const lines = [one[at] ?? 'nothing more', other[at] ?? 'nothing more'].map(withoutDetails)
  return { index, plain: one, sandboxed: other, fingerprint: [sent, ...lines].join(' ~ ') }
}

/** `insert into accounts values (3, 'x')` and `insert into accounts values (4, 'y')` have one shape. */
function shapeOf(step: Step): string {
  switch (step.kind) {
    case 'statement':
    case 'bound':
      return `${step.protocol === 'simple' ? '' : `${step.protocol} `}${shapeOfSql(step.sql)}`
    case 'pipeline':
      return `pipeline ${step.units.map(({ sql }) => shapeOfSql(sql)).join(' & ')}`
    case 'pages':
      return `pages ${shapeOfSql(step.sql)} ${step.between === null ? '' : shapeOfSql(step.between.sql)}`
    default:
      return step.kind
  }
}

/** The first word of each statement. */
function shapeOfSql(sql: string): string {
  return sql
    .replaceAll(/\/\*.*?\*\/|--[^\n]*/g, '')
    .split(';')
    .map((part) => /^\s*(\S*)/.exec(part)?.[1]?.toLowerCase())
    .filter((word, index, words) => word !== words[index - 1])
    .join('; ')
}

function withoutDetails(line: string): string {
  if (line.startsWith('parameter ')) return 'parameter'
  const code = /\| code=(\w+) \| message=([^|]*)/.exec(line)
  const told = code ? `${line.split(' ')[0]} ${code[1]} ${code[2]}` : line
  return told
    .replaceAll(/"[^"]*"|'[^']*'/g, '?')
    .replaceAll(/\d+/g, '?')
    .slice(0, 120)
}
