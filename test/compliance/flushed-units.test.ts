import { useComparison } from './compare.ts'
import * as wire from './wire.ts'

const { compare } = useComparison()
const { send, SYNC, FLUSH } = wire
const { query, statement } = wire

compare(
  'a statement of the sandbox itself in front of what stands behind Flush is not answered',
  async (a) => {
    await send(a, 1, query('begin read only'))
    await send(
      a,
      1,
      ...statement("set local application_name to 'x'"),
      FLUSH,
      ...statement('set transaction read only'),
      ...statement('savepoint s'),
      SYNC,
    )
    await send(a, 1, ...statement("insert into accounts values (3, 'x', 1)"), FLUSH, SYNC)
    await send(a, 1, query('rollback'))
  },
)

describe('with Flush right before Sync, a parameter is still reported', () => {
  compare('outside a transaction', async (a) => {
    await send(a, 1, ...statement("set application_name to 'one'"), FLUSH, SYNC)
    await send(
      a,
      1,
      ...statement('select 1'),
      FLUSH,
      ...statement("set application_name to 'two'"),
      ...statement('commit'),
      FLUSH,
      SYNC,
    )
  })

  compare('in the transaction that BEGIN makes of it', async (a) => {
    await send(
      a,
      1,
      ...statement("set application_name to 'one'"),
      FLUSH,
      ...statement('begin read only'),
      FLUSH,
      SYNC,
    )
    await send(a, 1, ...statement("set local timezone to 'Asia/Tokyo'"), FLUSH, SYNC)
    await send(a, 1, query('rollback'))
  })
})
