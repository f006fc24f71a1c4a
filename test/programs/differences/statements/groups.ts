import fc from 'fast-check'

/**
 * SQL with `§` for the number of the client, which makes names that clients of one sandbox would share (temporary
 * tables, cursors, SQL PREPARE) a client's own.
 */
export type Template = string

/** A group of statements that can be left out: `FUZZ_WITHOUT=notify,temp`. */
export type Group = { readonly name: string; readonly weight: number; readonly sql: fc.Arbitrary<Template> }

/** A group of fixed texts; one that is given twice comes twice as often. */
export function texts(name: string, weight: number, ...sql: Template[]): Group {
  return { name, weight, sql: fc.constantFrom(...sql) }
}

export function group(name: string, weight: number, ...sql: fc.Arbitrary<Template>[]): Group {
  return { name, weight, sql: fc.oneof(...sql) }
}

/** Texts from a pattern and what may stand in it: `each('set % = %', ['a', 'b'], ['1', '2'])`. */
export function each(pattern: string, ...choices: (readonly string[])[]): fc.Arbitrary<Template> {
  const parts = pattern.split('%')
  return fc
    .tuple(...choices.map((choice) => fc.constantFrom(...choice)))
    .map((chosen) => parts.map((part, index) => part + (chosen[index] ?? '')).join(''))
}

export const id: readonly string[] = ['1', '2', '3', '4', '5']

/** A word in a row, so that it can be told where a row comes from. */
export const word: readonly string[] = ['ash', 'birch', 'cedar', 'dogwood']
