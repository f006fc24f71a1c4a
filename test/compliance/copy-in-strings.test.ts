import { useComparison } from './compare.ts'
import * as wire from './wire.ts'

const { compare } = useComparison()

const insert = (id: number): string => `insert into accounts values (${id}, 'x', 1)`
const look = 'select id from accounts order by id'

describe('COPY from the client', () => {
  const copy = 'copy accounts from stdin'
  const rows = wire.copyData('3\tCid\t1\n4\tDan\t1\n')
  const { send, query, COPY_DONE } = wire

  compare('in a string with transaction commands', async (a) => {
    await send(a, 'CG', query(`begin; ${copy}; commit`))
    await send(a, 1, rows, COPY_DONE)
    await send(a, 'CG', query(`begin; ${copy}; ${insert(5)}; rollback`))
    await send(a, 1, wire.copyData('6\tEve\t1\n'), COPY_DONE)
    await send(a, 1, query(look))
  })

  compare('twice in a string, the second given up', async (a) => {
    await send(a, 'G', query(`${copy}; ${insert(5)}; ${copy}`))
    await send(a, 'CCG', rows, COPY_DONE)
    await send(a, 1, wire.copyFail('no more'))
    await send(a, 1, query(look))
    await send(a, 'CG', query(`begin; ${copy}; commit; ${insert(8)}`))
    await send(a, 1, wire.copyData('1\tAnn\t1\n'), COPY_DONE)
    await send(a, 2, query('rollback'), query(look))
  })

  compare('with its rows in the same write', async (a) => {
    await send(a, 1, query(`begin; ${copy}; commit; ${insert(5)}`), rows, COPY_DONE)
    await send(a, 2, query(copy), wire.copyData('6\tEve\t1\n'), COPY_DONE, query(look))
    await send(a, 1, query('copy (select 1; select 2) to stdout'))
    await send(a, 1, query("begin; copy (select ';commit;') to stdout; rollback"))
  })
})
