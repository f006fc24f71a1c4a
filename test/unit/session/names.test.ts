import { Names } from '../../../src/session/names.ts'

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
