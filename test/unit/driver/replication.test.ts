import { isOrdinarySql, replicates } from '../../../src/driver/replication.ts'

test.each([undefined, null, false, '', 'false', 'off', 'no', '0', 'F'])(
  '%p asks for no replication',
  (parameter) => {
    expect(replicates(parameter)).toBe(false)
  },
)

test.each([true, 'true', 'on', '1', 'database'])('%p asks for replication', (parameter) => {
  expect(replicates(parameter)).toBe(true)
})

test('commands of replication are told from SQL', () => {
  expect(isOrdinarySql('IDENTIFY_SYSTEM')).toBe(false)
  expect(isOrdinarySql(' START_REPLICATION SLOT "s" LOGICAL 0/0')).toBe(false)
  expect(isOrdinarySql('insert into notes values (1)')).toBe(true)
  expect(isOrdinarySql('/* SHOW */ insert into notes values (1)')).toBe(true)
  expect(isOrdinarySql(undefined)).toBe(true)
})
