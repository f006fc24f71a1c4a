/**
 * Steps of random programs as data: what fast-check makes, what is run, made smaller, and printed as JSON. `differences/`
 * runs programs plainly and sandboxed and compares every message, `faults/` breaks something while they run. Both take
 * these steps, and each adds what it has alone.
 */

/** How a statement is sent: a Query message, unnamed Parse/Bind/Execute, or the same with a name that is used again. */
export type Protocol = 'simple' | 'extended' | 'prepared'

export type Value = string | number | boolean | null

export type Statement = { readonly kind: 'statement'; readonly sql: string; readonly protocol: Protocol }

/** A statement with values. */
export type Bound = {
  readonly kind: 'bound'
  readonly sql: string
  readonly values: readonly Value[]
  readonly protocol: 'extended' | 'prepared'
}

/** Units that are sent without waiting for the answers. */
export type Pipeline<Unit> = { readonly kind: 'pipeline'; readonly units: readonly Unit[] }

/** `pg-cursor`, read page by page: so many rows at a time. */
export type Pages = { readonly kind: 'pages'; readonly sql: string; readonly reads: readonly number[] }

/** A level inside the test's, rolled back at the end of its steps. */
export interface Level<Step> {
  readonly kind: 'level'
  readonly steps: readonly Step[]
}
