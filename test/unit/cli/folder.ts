/** Projects as data: the files of a folder, without a disk. */
import { planFor } from '../../../src/cli/plan.ts'
import { describeProject, type Project, type ReadText } from '../../../src/cli/project.ts'
import type { RunnerId } from '../../../src/cli/runners.ts'
import type { Step } from '../../../src/cli/steps.ts'

export type Files = Record<string, string | object>

/** Objects stand for JSON. */
export function folder(files: Files): ReadText {
  return (path) => {
    const content = files[path]
    return content === undefined || typeof content === 'string' ? content : JSON.stringify(content)
  }
}

/** A package.json with these development dependencies. */
export function manifest(dependencies: readonly string[], others: object = {}): object {
  return { devDependencies: Object.fromEntries(dependencies.map((name) => [name, '*'])), ...others }
}

export function project(files: Files): Project {
  return describeProject(folder(files))
}

/** The steps for a project, without the notes. */
export function stepsFor(files: Files, chosen?: RunnerId): readonly Step[] {
  const plan = planFor(project(files), chosen)
  if (plan.kind === 'refusal') throw new Error(plan.text)
  return plan.steps.filter(({ kind }) => kind !== 'note')
}

/** The texts that a project's plan tells. */
export function notesFor(files: Files): readonly string[] {
  const plan = planFor(project(files))
  if (plan.kind === 'refusal') return [plan.text]
  return plan.steps.flatMap((step) => (step.kind === 'note' ? [step.text] : []))
}
