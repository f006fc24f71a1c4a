import { nameOf, readName } from '../../../../src/databases/naming/database-names.ts'
import { projectOf } from '../../../../src/databases/naming/maker.ts'

const project = { label: 'shop', id: '1a2b3c4d' }

test('a name tells the project, the purpose and whatever else is given', () => {
  expect(nameOf({ project, purpose: 'template', key: 'feedbeef' })).toBe(
    'test_shop_1a2b3c4d_template_kfeedbeef',
  )
  expect(nameOf({ project, purpose: 'clone', run: '9f8e7d6c', shard: '2', worker: '3', key: 'a1' })).toBe(
    'test_shop_1a2b3c4d_clone_r9f8e7d6c_s2_w3_ka1',
  )
})

test('what a name tells can be read from it', () => {
  const parts = { purpose: 'worker', run: '9f8e7d6c', shard: '2', worker: '3', key: undefined } as const
  expect(readName(nameOf({ project, ...parts }))).toEqual({ projectId: '1a2b3c4d', ...parts })
})

test.each([
  'app_test',
  'test_shop_1a2b3c4d_backup_k1',
  'test_shop_1a2b3c4_clone_k1',
  'test_shop_1a2b3c4d_clone_x1',
  'my_test_shop_1a2b3c4d_clone_k1',
  'test_shop_1a2b3c4d_clone_k1_old',
])('%s is not a name of ours', (name) => {
  expect(readName(name)).toBeUndefined()
})

test('a name keeps within 63 bytes: the label of the project gives way', () => {
  const long = projectOf('@acme/the-website-of-our-shop')
  const name = nameOf({
    project: long,
    purpose: 'clone',
    run: '9f8e7d6c',
    shard: '12',
    worker: '128',
    key: 'abcdef1zzz',
  })
  expect(Buffer.byteLength(name)).toBe(63)
  expect(readName(name)).toMatchObject({ projectId: long.id, worker: '128', key: 'abcdef1zzz' })
})

test('parts that leave no room for the project are refused', () => {
  expect(() => nameOf({ project, purpose: 'snapshot', key: 'x'.repeat(50) })).toThrow(RangeError)
})

test('characters that a name cannot have become hyphens, so that it is read back', () => {
  const name = nameOf({ project, purpose: 'snapshot', key: 'Two users_Ω' })
  expect(name).toBe('test_shop_1a2b3c4d_snapshot_ktwo-users--')
  expect(readName(name)?.key).toBe('two-users--')
})
