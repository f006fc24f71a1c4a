import type * as pgModule from 'pg'

export type Pg = typeof pgModule

/** A copy of `pg` that nobody has patched, as `jest.resetModules()` makes them. */
export function otherPg(): Pg {
  let copy: Pg | undefined
  jest.isolateModules(() => {
    copy = require('pg') as Pg
  })
  return copy!
}
