import { useComparison } from './compare.ts'
import { hides } from './lexing-cases.ts'

const { briefly } = useComparison()

const insert = (id: number): string => `insert into accounts values (${id}, 'x', 1)`

/**
 * Each piece of SQL stands in a string with real transaction commands: whoever takes a part of it for a command, or a
 * command for a part of it, is told something else or keeps other rows.
 */
describe.each(hides.map((sql) => [sql.length > 80 ? `${sql.slice(0, 80)}…` : sql, sql] as const))(
  '%s',
  (_, sql) => {
    briefly.compare('between transaction commands', async (a) => {
      await a.simple(`begin; ${insert(3)}; ${sql}; rollback; ${insert(4)}`)
      await a.simple('rollback')
      await a.simple(`begin; ${sql}\n; ${insert(5)}; commit; ${insert(6)}`)
      await a.simple('rollback')
      await a.simple(`${sql}\n; begin; ${insert(7)}; ${sql}`)
      await a.simple('rollback')
      await a.simple(sql)
      await a.extended(sql)
      await a.simple('rollback')
    })
  },
)
