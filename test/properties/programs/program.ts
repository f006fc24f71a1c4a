/** Programs as data: what `fast-check` makes and shrinks, and what a report prints. All of it can be written as JSON. */

/** How a statement is sent: a Query message, unnamed Parse/Bind/Execute, or the same with a name that is used again. */
export type Protocol = 'simple' | 'extended' | 'prepared'

export type Value = string | number | boolean | null

/** Clients have numbers from 1; those inside a level have numbers from 11, and from 21 in a level inside it. */
export type Statement = {
  readonly kind: 'statement'
  readonly client: number
  readonly sql: string
  readonly protocol: Protocol
}

/** A statement with values. */
export type Bound = {
  readonly kind: 'bound'
  readonly client: number
  readonly sql: string
  readonly values: readonly Value[]
  readonly protocol: 'extended' | 'prepared'
}

/** Units that one client sends without waiting for the answers, as `pg` does with `pipeline: true`. */
export type Pipeline = {
  readonly kind: 'pipeline'
  readonly client: number
  readonly units: readonly (Statement | Bound)[]
}

/** `pg-cursor`, page by page; between the first and the second page another client may send a statement. */
export type CursorPages = {
  readonly kind: 'cursorPages'
  readonly client: number
  readonly sql: string
  readonly size: number
  readonly pages: number
  readonly between: Statement | null
}

/** The client ends, maybe in the middle of a transaction, and a new one connects in its place. */
export type End = { readonly kind: 'end'; readonly client: number }

/** A level with noise in it, opened and rolled back: for the clients of the program it must never have happened. */
export type Level = { readonly kind: 'level'; readonly steps: readonly Step[] }

export type Step = Statement | Bound | Pipeline | CursorPages | End | Level

export type Program = { readonly clients: number; readonly steps: readonly Step[] }

/** All SQL of a program, for questions about its text. */
export function textOf(steps: readonly Step[]): string {
  return steps.map(textOfStep).join('\n')
}

function textOfStep(step: Step): string {
  switch (step.kind) {
    case 'statement':
    case 'bound':
      return step.sql
    case 'pipeline':
      return textOf(step.units)
    case 'cursorPages':
      return step.between === null ? step.sql : `${step.sql}\n${step.between.sql}`
    case 'level':
      return textOf(step.steps)
    case 'end':
      return ''
  }
}
