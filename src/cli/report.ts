/** What init tells of a plan, as text for a terminal. */
import type { Plan } from './plan.ts'
import type { Step } from './steps.ts'

/** Why a file could not be written, by its path. */
export type Failures = ReadonlyMap<string, string>

/** @param failures undefined: nothing was to be written */
export function report({ found, steps }: Extract<Plan, { kind: 'steps' }>, failures?: Failures): string {
  return [found, ...steps.map((step) => paragraph(step, failures))].join('\n\n') + '\n'
}

function paragraph(step: Step, failures: Failures | undefined): string {
  switch (step.kind) {
    case 'write': {
      const failure = failures?.get(step.path)
      const what =
        failures === undefined
          ? `Would write ${step.path}:`
          : failure === undefined
            ? `Wrote ${step.path}:`
            : `${step.path} could not be written (${failure}). Write it yourself:`
      return `${what}\n\n${indented(step.text)}`
    }
    case 'show':
      return `${step.path} exists, so it was left as it is. Add what it lacks of:\n\n${indented(step.text)}`
    case 'add':
      return `In ${step.path}, ${step.where}:\n\n${indented(step.lines)}`
    case 'done':
    case 'note':
      return step.text
  }
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, '    ')
}
