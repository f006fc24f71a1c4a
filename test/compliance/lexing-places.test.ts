import { useComparison } from './compare.ts'

const { compare } = useComparison()

const insert = (id: number): string => `insert into accounts values (${id}, 'x', 1)`
const look = 'select id from accounts order by id'

describe('large strings', () => {
  compare('a literal of ten megabytes', async (a) => {
    const x = 'x; commit; '.repeat(1_000_000)
    await a.simple(`begin; ${insert(3)}; select length('${x}'); rollback; ${insert(4)}`)
    await a.simple(`select length($a$${x}$a$); begin; ${insert(5)}`)
    await a.simple('rollback')
    await a.extended(`select length('${x}')`)
  })

  compare('ten thousand statements', async (a) => {
    const statements = Array.from({ length: 10_000 }, (_, n) => insert(n + 10))
    await a.simple(statements.join(';'))
    await a.simple('select count(*), sum(id) from accounts')
  })

  compare('ten thousand statements in a hundred transactions', async (a) => {
    const statements = Array.from({ length: 10_000 }, (_, n) => insert(n + 10))
    const blocks = Array.from({ length: 100 }, (_, n) => {
      const end = n % 3 === 0 ? 'rollback' : 'commit'
      return `begin; ${statements.slice(100 * n, 100 * n + 100).join('; ')}; ${end};`
    })
    await a.simple(blocks.join(''))
    await a.simple('select count(*), sum(id) from accounts')
    await a.simple(`${blocks[1]}; ${insert(1)}`)
    await a.simple('select count(*), sum(id) from accounts')
  })
})

describe('places of errors', () => {
  compare('behind text that is not ASCII', async (a) => {
    for (const text of ['é', '😀', '日本', '\u{1F469}\u200D\u{1F4BB}', 'e\u0301']) {
      await a.simple(`select '${text}', nowhere`)
      await a.simple(`begin; select '${text}' as "${text}", nowhere; commit`)
      await a.simple('rollback')
      await a.simple(`/* ${text} */ begin; select '${text}'; commit; select nowhere -- ${text}`)
      await a.simple(`begin; -- ${text}\n${insert(3)};\n\tselec '${text}'; commit`)
      await a.simple('rollback')
      await a.simple(`begin; savepoint "${text}"; release "${text}x"; commit`)
      await a.simple('rollback')
      await a.extended(`select '${text}', nowhere, $1::text`, text)
      await a.simple(`begin; ${insert(3)}; select '${text}'; select ${text}; rollback; select ${text}`)
      await a.simple('rollback')
    }
  })

  compare('at the end of a string', async (a) => {
    for (const sql of [
      'select',
      'select 1 +',
      'select (',
      "select '",
      'select "',
      'select $$',
      'select /*',
      'select $a$ $$',
      "select E'\\'",
      'begin;',
      'beg',
      'commit work and',
      'savepoint',
      'rollback to',
      'begin isolation level',
      'commit and chain and',
    ])
      for (const text of [
        sql,
        `begin; ${insert(3)}; ${sql}`,
        `begin; commit; ${sql}; ${insert(4)}`,
        `${sql}; rollback`,
      ]) {
        await a.simple(text)
        await a.simple('rollback')
      }
    await a.simple(look)
  })
})
