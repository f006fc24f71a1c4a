/** Programs of clients that take turns: each message that the server answers is known, and compared. */
import type * as steps from '../program.ts'

/** Clients have numbers from 1; those inside a level have numbers from 11, and from 21 in a level inside it. */
type OfClient<Data> = Data & { readonly client: number }

export type Statement = OfClient<steps.Statement>

export type Bound = OfClient<steps.Bound>

/** As `pg` does it with `pipeline: true`. */
export type Pipeline = OfClient<steps.Pipeline<Statement | Bound>>

/** Between the first and the second read another client may send a statement. */
export type Pages = OfClient<steps.Pages> & { readonly between: Statement | null }

/** The client ends, maybe in the middle of a transaction, and a new one connects in its place. */
export type End = { readonly kind: 'end'; readonly client: number }

/** With noise in it: for the clients of the program it must never have happened. */
export type Level = steps.Level<Step>

export type Step = Statement | Bound | Pipeline | Pages | End | Level

export type Program = { readonly clients: number; readonly steps: readonly Step[] }

/** All SQL of a program, for questions about its text. */
export function textOf(all: readonly Step[]): string {
  return all.map(textOfStep).join('\n')
}

function textOfStep(step: Step): string {
  switch (step.kind) {
    case 'statement':
    case 'bound':
      return step.sql
    case 'pipeline':
      return textOf(step.units)
    case 'pages':
      return step.between === null ? step.sql : `${step.sql}\n${step.between.sql}`
    case 'level':
      return textOf(step.steps)
    case 'end':
      return ''
  }
}
