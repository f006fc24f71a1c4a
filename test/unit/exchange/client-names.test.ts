import { Names } from '../../../src/exchange/client-names.ts'

test('a name is the same each time, and not a sibling’s', () => {
  const [one, two] = [new Names(1), new Names(2)]
  expect(one.wireName('statement', 'find')).toBe(one.wireName('statement', 'find'))
  expect(one.wireName('statement', 'find')).not.toBe(two.wireName('statement', 'find'))
})

test('statements and portals of one name are two things, and so are names that differ in case', () => {
  const names = new Names(1)
  const all = [
    names.wireName('statement', 'a'),
    names.wireName('portal', 'a'),
    names.wireName('statement', 'A'),
    names.wireName('statement', ''),
  ]
  expect(new Set(all).size).toBe(4)
})

test('names that are long are still different: the server cuts after 63 bytes', () => {
  const names = new Names(1)
  const long = 'x'.repeat(100)
  const wires = [names.wireName('statement', `${long}1`), names.wireName('statement', `${long}2`)]
  expect(wires.at(0)!.slice(0, 63)).not.toBe(wires.at(1)!.slice(0, 63))
  for (const wire of wires) expect(Buffer.byteLength(wire)).toBeLessThan(64)
})

test('an error’s text has the application’s names', () => {
  const names = new Names(7)
  const text = (statement: string): string => `prepared statement "${statement}" does not exist`
  for (let i = 1; i <= 12; i += 1) {
    const wire = names.wireName('statement', `name ${i}`)
    expect(names.restore(text(wire))).toBe(text(`name ${i}`))
  }
  expect(names.restore(text('other'))).toBe(text('other'))
})

test('a name with a dollar sign is put in as it is', () => {
  const names = new Names(1)
  const wire = names.wireName('portal', '$& $1')
  expect(names.restore(`portal "${wire}"`)).toBe('portal "$& $1"')
})

describe('portals that have ended', () => {
  const statement = {
    sql: 'select 1',
    command: { kind: 'read' },
    wireName: '',
    parse: Buffer.alloc(0),
  } as const
  let names: Names
  beforeEach(() => {
    names = new Names(1)
  })

  function open(name: string): string {
    const wireName = names.wireName('portal', name)
    names.portals.set(name, { statement, wireName, values: [] })
    return wireName
  }

  test('are closed once, all of them', () => {
    const wires = [open('a'), open('b')]
    names.endPortals()
    expect(names.portals.size).toBe(0)
    expect(names.takeEnded()).toEqual(wires)
    expect(names.takeEnded()).toEqual([])
  })

  test('have names that mean nothing, until they are given anew', () => {
    const before = open('a')
    names.endPortal('a')
    expect(names.portalName('a')).not.toBe(before)
    expect(open('a')).toBe(names.portalName('a'))
  })

  test('need not be closed where the server knows them by no name of ours', () => {
    names.portals.set('', { statement, wireName: '', values: [] })
    names.endPortal('')
    names.endPortal('never opened')
    expect(names.portals.size).toBe(0)
    expect(names.takeEnded()).toEqual([])
  })

  test('end with a Query message where they are unnamed, and the unnamed statement too', () => {
    const wire = open('')
    const other = open('a')
    names.statements.set('', statement)
    names.endUnnamed()
    expect(names.statements.has('')).toBe(false)
    expect([...names.portals.keys()]).toEqual(['a'])
    expect(names.takeEnded()).toEqual([wire])
    expect(names.portalName('a')).toBe(other)
  })

  test('have their former names in errors still, the last ten of them', () => {
    const text = (portal: string): string => `portal "${portal}" does not exist`
    const wires = Array.from({ length: 12 }, (_, i) => open(`p${i}`))
    names.endPortals()
    expect(names.restore(text(wires.at(-1)!))).toBe(text('p11'))
    expect(names.restore(text(wires.at(2)!))).toBe(text('p2'))
    expect(names.restore(text(wires.at(1)!))).toBe(text(wires.at(1)!))
  })
})

test('statements of the connection are the client’s by a prefix', () => {
  const names = new Names(7)
  expect(names.statementName('s').startsWith(names.prefix)).toBe(true)
  expect(names.statementName('')).toBe('')
  expect(new Names(77).statementName('s').startsWith(names.prefix)).toBe(false)
})
