import { useComparison } from './compare.ts'
import { type Recorder, type Step } from './recorder.ts'
import * as wire from './wire.ts'

const { compare, records } = useComparison()
const { send, SYNC } = wire
const { bind, execute, parse, query } = wire

const ids = (client: Recorder): Promise<void> => client.prepared('ids', 'select id from accounts order by id')
const told = (steps: readonly Step[], index: number): string => steps.at(index)!.answers.join('\n')

describe('DEALLOCATE and DISCARD', () => {
  describe.each(['deallocate all', 'discard all', 'DEALLOCATE PREPARE ALL'])('%s', (command) => {
    compare('takes the statements of its client', async (a) => {
      await ids(a)
      await a.simple(command)
      await ids(a)
      await send(a, 1, bind('', 'ids'), SYNC)
      await send(a, 1, parse('ids', 'select 1'), bind('', 'ids'), execute(), SYNC)
    })

    compare('leaves those of another', async (a, b) => {
      await ids(a)
      await ids(b)
      await a.simple('prepare q as select 1')
      await a.simple(command)
      await ids(b)
      await ids(a)
      await a.simple('execute q')
    })

    compare('in a transaction that is rolled back', async (a) => {
      await ids(a)
      await a.simple('begin')
      await a.simple(command)
      await ids(a)
      await a.simple('rollback')
      await ids(a)
    })

    compare('in a failed string', async (a) => {
      await ids(a)
      await a.simple(`${command}; select 1 / 0`)
      await ids(a)
    })

    compare('in the extended protocol', async (a) => {
      await ids(a)
      await send(a, 1, ...wire.statement(command), bind('', 'ids'), execute(), SYNC)
      await send(a, 1, bind('', 'ids'), execute(), SYNC)
      await send(a, 1, parse('ids', 'select 1'), bind('', 'ids'), execute(), SYNC)
    })
  })
})

describe('PREPARE of SQL', () => {
  compare('beside named statements of the protocol', async (a) => {
    await a.simple('prepare p (int) as insert into accounts values ($1) returning id')
    await a.simple('execute p (3)')
    await ids(a)
    await a.simple('begin')
    await a.simple('execute p (4)')
    await ids(a)
    await a.simple('rollback')
    await a.extended('execute p (5)')
    await a.simple('deallocate p')
    await a.simple('execute p (6)')
    await ids(a)
    await a.simple('prepare p as select 1; execute p; deallocate p')
    await a.simple('deallocate prepare p')
  })

  compare('of a changed result', async (a) => {
    await a.simple('prepare p as select * from accounts order by id')
    await a.simple('execute p')
    await a.simple('alter table accounts add column more text')
    await a.simple('execute p')
    await a.simple('begin')
    await a.simple('deallocate p')
    await a.simple('prepare p as select * from accounts order by id')
    await a.simple('drop table accounts')
    await a.simple('execute p')
    await a.simple('rollback')
    await a.simple('execute p')
  })

  compare('over a table that was rolled back', async (a) => {
    await a.simple('begin; create table made (n int)')
    await a.simple('prepare p as select * from made')
    await a.simple('execute p; rollback')
    await a.simple('execute p')
    await a.simple('create table made (n int)')
    await a.simple('execute p')
    await a.simple('deallocate p')
  })

  compare('of a transaction command is refused', async (a) => {
    await a.simple('prepare p as begin')
    await a.simple('prepare p as commit; begin')
    await a.simple("prepare p as select 'commit'; execute p; deallocate p")
  })

  // As the README says, statements that pg prepares have names of their own.
  test('under the name of a statement of the protocol is another statement', async () => {
    const { plain, sandboxed } = await records(async (a) => {
      await ids(a)
      await a.simple('prepare ids as select 1 as one')
      await a.simple('execute ids')
      await a.simple('deallocate ids')
      await ids(a)
    })
    expect(told(plain, 1)).toMatch(/code=42P05/)
    expect(told(sandboxed, 1)).toMatch(/complete PREPARE/)
    expect(told(sandboxed, 2)).toMatch(/row \["1"\]/)
    expect(told(sandboxed, 4)).toBe(told(plain, 0).replace('parseComplete\n', ''))
  })

  test('is not known to the protocol', async () => {
    const { plain, sandboxed } = await records(async (a) => {
      await send(a, 1, query('prepare p (int) as select $1 + 1 as n'))
      await send(a, 1, bind('', 'p', ['1']), execute(), SYNC)
      await send(a, 1, parse('p', 'select 2'), bind('', 'p'), execute(), SYNC)
    })
    expect(told(plain, 1)).toMatch(/DataRow \["2"\]/)
    expect(told(sandboxed, 1)).toMatch(/C=26000 \| M=prepared statement "p" does not exist/)
    expect(told(sandboxed, 2)).toMatch(/DataRow \["2"\]/)
  })
})
