import { useComparison } from './compare.ts'

const { compare, serverMajor } = useComparison()

const insert = (id: number): string => `insert into accounts values (${id}, 'x', 1)`
const look = 'select id from accounts order by id'

describe('white space and names', () => {
  compare('of every kind', async (a) => {
    for (const space of [
      ' ',
      '\t',
      '\n',
      '\r',
      '\r\n',
      '\f',
      // White space since PostgreSQL 16; the sandbox takes it for that on 15, too.
      ...((await serverMajor()) < 16 ? [] : ['\v']),
      '\u00a0',
      '\u2003',
      '\ufeff',
      '\u0001',
      '\u0085',
    ]) {
      await a.simple(`${space}begin${space};${space}${insert(3)};${space}rollback${space}`)
      await a.simple('rollback')
      await a.simple(`begin${space}read${space}only;select${space}1;commit${space}and${space}chain`)
      await a.simple('rollback')
      await a.extended(`${space}begin`)
      await a.extended(`savepoint${space}a`)
      await a.extended(`rollback${space}to${space}savepoint${space}a${space};`)
      await a.simple('rollback')
    }
    await a.simple(look)
  })

  compare('of savepoints that are equal in their first 63 bytes', async (a) => {
    const long = 's'.repeat(63)
    const wide = 'é'.repeat(40)
    await a.simple('set client_min_messages = error')
    for (const [one, other] of [
      [`${long}one`, `${long}two`],
      [`"${long}one"`, `"${long}two"`],
      [long.toUpperCase(), `"${long}X"`],
      [wide, `${wide}x`],
      [`"${wide}"`, `"${'é'.repeat(31)}"`],
      [`"x${wide}"`, `"x${'é'.repeat(31)}"`],
    ]) {
      await a.simple(`begin; ${insert(3)}; savepoint ${one}; ${insert(4)}; rollback to ${other}; commit`)
      await a.simple('delete from accounts where id > 2')
      await a.extended('begin')
      await a.extended(`savepoint ${one}`)
      await a.extended(insert(3))
      await a.extended(`rollback to ${other}`)
      await a.extended(`release ${one}`)
      await a.extended(`release ${other}`)
      await a.extended('rollback')
    }
  })

  compare('of savepoints that are too long, with the notices of it', async (a) => {
    const long = 's'.repeat(70)
    await a.simple(`begin; savepoint ${long}; rollback to ${long}; commit`)
    await a.simple('begin')
    await a.simple(`savepoint ${long}`)
    await a.simple(`rollback to ${long}; select 1 as ${long}`)
    await a.extended(`release ${long}`)
    await a.simple('rollback')
  })

  compare('of savepoints in every spelling', async (a) => {
    for (const [one, other] of [
      ['s', 'S'],
      ['"s"', 'S'],
      ['"S"', 's'],
      ['"a""b"', 'U&"a\\0022b"'],
      ['U&"d\\0061t\\+000061"', 'data'],
      ['U&"d!0061ta" UESCAPE \'!\'', 'data'],
      ['begin', '"begin"'],
      ['été', '"été"'],
      ['ÉTÉ', '"été"'],
      ['$s', 's'],
      ['s$1', '"s$1"'],
      ['commit', 'commit'],
      ['work', 'work'],
      ['"; commit"', '"; commit"'],
      ['transaction', 'transaction'],
      ['select', 'select'],
      ['prepared', 'prepared'],
      ['savepoint', 'savepoint'],
    ]) {
      await a.simple('begin')
      await a.simple(`savepoint ${one}`)
      await a.simple(insert(3))
      await a.simple(`rollback to ${other}`)
      await a.simple(`rollback to savepoint ${one}`)
      await a.simple(`release savepoint ${other}`)
      await a.simple('rollback')
    }
  })
})
