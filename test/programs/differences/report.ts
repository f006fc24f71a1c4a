import type { Kind } from './fuzz.ts'
import { scriptOf } from './script.ts'

/** What a person is told of one kind of difference. */
export function reportOf({ found, shrunk, count }: Kind): string {
  const { difference, programs, tries } = shrunk
  const { steps } = programs.at(-1)!
  const where =
    difference.index < 0
      ? 'when the clients connect'
      : difference.index < steps.length
        ? `at step ${difference.index + 1}`
        : 'at the end'
  return [
    `=== ${difference.fingerprint}`,
    `${count} programs so far, ${where} (batch seed ${found.batch.seed}, program ${found.index}, schema ${found.batch.schema}, ${found.batch.situation}; shrunk in ${tries} tries):`,
    ...programs
      .slice(0, -1)
      .flatMap((before) => [
        '  only after, in a level of its own:',
        ...before.steps.map((step) => `    ${JSON.stringify(step)}`),
        '  then:',
      ]),
    ...steps.map((step, index) => `  ${index === difference.index ? '>' : ' '} ${JSON.stringify(step)}`),
    ...sidesOf(difference.plain, difference.sandboxed),
    '',
    scriptOf(programs, found.batch),
  ].join('\n')
}

/** Both records from the first line that differs on, with the line before it. */
function sidesOf(plain: readonly string[], sandboxed: readonly string[]): string[] {
  const first = plain.findIndex((line, index) => line !== sandboxed[index])
  const from = first < 0 ? plain.length : first
  const part = (lines: readonly string[]): string[] =>
    lines.slice(from, from + 6).map((line) => `      ${line.slice(0, 600)}`)
  return [
    ...(from > 0 ? [`    both: ${plain[from - 1]}`] : []),
    '    plain:',
    ...part(plain),
    '    sandboxed:',
    ...part(sandboxed),
  ]
}
