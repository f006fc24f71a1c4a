/** The same statements again and again, from the same states: what was made of them before must fit each time. */
import { useComparison } from './compare.ts'
import type { Recorder } from './recorder.ts'

const { briefly, compareInEachProtocol } = useComparison()

const INSERT = 'insert into accounts values ($1, $2, $3)'
const READ = 'select id, balance from accounts order by id'

/** One round of each: `n` counts them. Values differ from round to round, or do not. */
const rounds: Readonly<Record<string, (client: Recorder, n: number) => Promise<unknown>>> = {
  'writes and reads': async (a, n) => {
    await a.run(INSERT, 100 + n, 'name', n)
    await a.run(READ)
    await a.run('update accounts set balance = balance + $1', n)
    await a.run(READ)
  },
  'a failed statement between others': async (a, n) => {
    await a.run(READ)
    await a.run(INSERT, 100 + n, 'name', n)
    await a.run(INSERT, 100, 'again', n)
    await a.run('selec')
    await a.run(READ)
  },
  'transactions that are committed': async (a, n) => {
    await a.run('begin')
    await a.run(INSERT, 100 + n, 'name', n)
    await a.run(READ)
    await a.run('commit')
    await a.run(READ)
  },
  'transactions that are rolled back, or fail': async (a, n) => {
    await a.run('begin')
    await a.run(INSERT, 100 + n, 'name', n)
    await a.run(n % 2 === 0 ? 'rollback' : 'selec')
    await a.run('commit')
    await a.run(READ)
  },
  savepoints: async (a, n) => {
    await a.run('begin')
    await a.run('savepoint s')
    await a.run(INSERT, 100 + n, 'name', n)
    await a.run('rollback to s')
    await a.run(INSERT, 200 + n, 'name', n)
    await a.run('release s')
    await a.run('commit')
    await a.run(READ)
  },
  'strings of statements': async (a) => {
    await a.run('begin; update accounts set balance = balance + 1; commit; select count(*) from accounts')
    await a.run('update accounts set balance = balance + 1; selec')
    await a.run(READ)
  },
  'modes and settings': async (a, n) => {
    await a.run('begin read only')
    await a.run(INSERT, 100 + n, 'name', n)
    await a.run('commit')
    await a.run("set statement_timeout = '1min'")
    await a.run('show statement_timeout')
    await a.run('reset statement_timeout')
    await a.run('set local statement_timeout = 5')
    await a.run('show statement_timeout')
  },
  'a change of the schema between them': async (a, n) => {
    await a.run(INSERT, 100 + n, 'name', n)
    await a.run(`create table made_${n} (n int unique deferrable initially deferred)`)
    await a.run(`insert into made_${n} values (1), (1)`)
    await a.run(READ)
  },
  'notifications, cursors and prepared statements': async (a, n) => {
    await a.run('listen changes')
    await a.run(`notify changes, '${n}'`)
    await a.run('begin')
    await a.run(`declare c cursor for ${READ}`)
    await a.run('fetch c')
    await a.run('commit')
    await a.run(`prepare p as ${READ}`)
    await a.run('execute p')
    await a.run('deallocate p')
  },
}

describe.each(Object.entries(rounds))('%s', (_, round) => {
  compareInEachProtocol('in rounds', async (a) => {
    for (let n = 1; n <= 4; n += 1) await round(a, n)
  })

  briefly.compareInEachProtocol('in turn with another client', async (a, b) => {
    for (let n = 1; n <= 3; n += 1) {
      await round(a, n)
      await round(b, 50 + n)
    }
  })
})
