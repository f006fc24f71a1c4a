import { useComparison } from './compare.ts'

const { compareParameters, briefly } = useComparison()

/** Settings whose changes the server reports, with two values each. */
const reported: [string, string, string][] = [
  ['application_name', "'one'", "'two'"],
  ['timezone', "'Asia/Tokyo'", "'America/Lima'"],
  ['client_encoding', "'LATIN1'", "'WIN1252'"],
  ['standard_conforming_strings', 'off', 'off'],
  ['search_path', 'other', 'other, public'],
  ['default_transaction_read_only', 'off', 'false'],
]

describe.each(reported)('%s', (name, one, two) => {
  const comparing = name === 'application_name' ? compareParameters : briefly.compareParameters

  comparing('is reported after SET and RESET', async (a) => {
    await a.run(`set ${name} to ${one}`)
    await a.run('select 1')
    await a.run(`set ${name} to ${one}`)
    await a.run(`set ${name} to ${two}`)
    await a.run(`reset ${name}`)
    await a.run(`reset ${name}`)
    await a.run(`set session ${name} to ${two}`)
    await a.run(`set ${name} to default`)
    await a.run(`set ${name} to ${one}`)
    await a.run('reset all')
    await a.run(`set ${name} to ${one}`)
    await a.run('discard all')
  })

  comparing('is reported after the end of a transaction', async (a) => {
    for (const end of ['commit', 'rollback']) {
      await a.run('begin')
      await a.run(`set ${name} to ${one}`)
      await a.run("insert into log (text) values ('x')")
      await a.run(end)
      await a.run('begin')
      await a.run(`set local ${name} to ${two}`)
      await a.run(end)
      await a.run('select 1')
      await a.run(`set ${name} to default`)
    }
  })

  comparing('is reported after savepoints', async (a) => {
    await a.run('begin')
    await a.run(`set ${name} to ${one}`)
    await a.run('savepoint s')
    await a.run(`set ${name} to ${two}`)
    await a.run('rollback to s')
    await a.run(`set local ${name} to ${two}`)
    await a.run('release s')
    await a.run('commit')
    await a.run('select 1')
  })

  comparing('is reported after failures', async (a) => {
    await a.run('begin')
    await a.run(`set ${name} to ${one}`)
    await a.run('select 1 / 0')
    await a.run('rollback')
    await a.run(`set ${name} to ${one}; select 1 / 0`)
    await a.run('begin')
    await a.run('savepoint s')
    await a.run(`set ${name} to ${one}`)
    await a.run('select 1 / 0')
    await a.run('rollback to s')
    await a.run('commit')
    await a.run(`set ${name} to nonsense.`)
    await a.run('select 1')
  })

  comparing('is reported within and after a string', async (a) => {
    await a.simple(`set ${name} to ${one}; select 1`)
    await a.simple(`set ${name} to ${two}; set ${name} to ${one}`)
    await a.simple(`begin; set ${name} to ${two}; commit; select 1`)
    await a.simple(`begin; set ${name} to default; rollback; select 1`)
    await a.simple(`begin; set local ${name} to ${one}; select 1; commit; reset ${name}`)
    await a.simple(`set local ${name} to ${one}; select 1`)
  })

  comparing('is reported after set_config()', async (a) => {
    const value = one.includes("'") ? one : `'${one}'`
    await a.run(`select set_config('${name}', ${value}, false)`)
    await a.run(`reset ${name}`)
    await a.run(`select set_config('${name}', ${value}, true)`)
    await a.run('begin')
    await a.run(`select set_config('${name}', ${value}, true)`)
    await a.run('select 1')
    await a.run('commit')
    await a.run('begin')
    await a.run(`select set_config('${name}', ${value}, false)`)
    await a.run('rollback')
  })

  comparing('is reported to the client alone that has changed it', async (a, b) => {
    await a.run(`set ${name} to ${one}`)
    await b.run('select 1')
    await b.run(`set ${name} to ${two}`)
    await a.run('select 1')
    await b.run("insert into accounts values (3, 'x', 1)")
    await a.run('begin')
    await a.run(`set local ${name} to ${two}`)
    await a.run('commit')
    await b.run('select 1 / 0')
    await a.run(`show ${name}`)
    await b.run(`reset ${name}`)
    await a.run(`show ${name}`)
    await b.run('discard all')
    await a.run('select 1')
  })
})

describe('a failure of another client', () => {
  compareParameters('has no report for the one with the setting', async (a, b) => {
    await a.run("set application_name to 'one'")
    await b.run('select 1 / 0')
    await a.run('select 1 / 0')
    await b.run('insert into accounts values (1)')
    await a.run('begin')
    await a.run('select 1 / 0')
    await a.run('rollback')
    await a.run("set timezone to 'Asia/Tokyo'")
    await b.run('insert into accounts values (1)')
    await a.run('begin')
    await a.run('savepoint s')
    await a.run('select 1 / 0')
    await a.run('rollback to s')
    await a.run('commit')
    await a.run('show timezone')
  })
})

describe('roles', () => {
  compareParameters('is_superuser and session_authorization', async (a, b) => {
    await a.run('set role app_user')
    await a.run('select 1')
    await b.run('select 1')
    await a.run('reset role')
    await a.run('set session authorization app_user')
    await b.run('select current_user')
    await a.run('select current_user')
    await a.run('set session authorization default')
    await a.run('begin')
    await a.run('set local role app_user')
    await a.run('commit')
    await a.run('begin')
    await a.run('set local session authorization app_user')
    await a.run('savepoint s')
    await a.run('reset session authorization')
    await a.run('rollback to s')
    await a.run('rollback')
    await a.run('begin')
    await a.run('set role app_user')
    await a.run('select 1 / 0')
    await a.run('rollback')
    await a.run('set role app_user')
    await a.run('discard all')
    await a.run("select set_config('role', 'app_user', false)")
    await a.run('set role none')
    await a.run('set role nobody_at_all')
    await a.run("select set_config('session_authorization', 'app_user', false)")
    await a.run('reset session authorization')
  })
})

describe('several at once', () => {
  compareParameters('in one statement or string', async (a, b) => {
    await a.simple("set timezone to 'Asia/Tokyo'; set application_name to 'x'; set datestyle to 'German'")
    await b.run('select 1')
    await a.run("select set_config('timezone', 'UTC', false), set_config('application_name', 'y', false)")
    await b.run("insert into accounts values (3, 'x', 1)")
    await a.run('select 1')
    await a.run('reset all')
  })
})
