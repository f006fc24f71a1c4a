import type { Mark } from '../../../../src/databases/naming/mark.ts'
import {
  isNamedForTests,
  isProductionLike,
  judge,
  type JudgedDatabase,
} from '../../../../src/databases/naming/safety.ts'

const target: JudgedDatabase = {
  name: 'app_test',
  project: '1a2b3c4d',
  mark: undefined,
  host: '127.0.0.1',
  named: 'postgres',
}
const markOf = (project: string) => ({ project, purpose: 'worker', state: 'ready' }) as unknown as Mark

test.each(['app_test', 'test_app', 'apptest', 'TestDb', 'app-tests', 'integrationtest', 'latest_test'])(
  '%s is named for tests',
  (name) => {
    expect(isNamedForTests(name)).toBe(true)
    expect(judge({ ...target, name })).toEqual({ kind: 'disposable' })
  },
)

test.each(['app', 'contest', 'latest', 'protest_votes', 'attestations', 'greatest_hits', 'fastest', 'te_st'])(
  '%s is not named for tests',
  (name) => {
    expect(isNamedForTests(name)).toBe(false)
    expect(judge({ ...target, name })).toEqual({
      kind: 'refused',
      reason: `it is not marked as a test's: its name does not contain "test"`,
    })
  },
)

test.each(['prod', 'app_production', 'test_copy_of_prod', 'db.prod.example.com', 'db-prod-2', 'PROD2'])(
  '%s is like production',
  (text) => {
    expect(isProductionLike(text)).toBe(true)
  },
)

test.each(['products_test', 'test_delivery', 'reproduction', 'live_test'])('%s is not', (text) => {
  expect(isProductionLike(text)).toBe(false)
})

test('a production name is refused although it contains "test"', () => {
  expect(judge({ ...target, name: 'production_test' })).toEqual({
    kind: 'refused',
    reason: 'its name is that of a production database',
  })
})

test('what the connection string of a production server names is refused, other databases of it are not', () => {
  const host = 'db.prod.example.com'
  expect(judge({ ...target, host, named: 'app_test' })).toEqual({
    kind: 'refused',
    reason: 'it is what the connection string of the production server db.prod.example.com names',
  })
  expect(judge({ ...target, host })).toEqual({ kind: 'disposable' })
})

test("what another project has made is refused, by its mark and by its name; the project's own is not", () => {
  const others = { kind: 'refused', reason: 'another project has made it' }
  expect(judge({ ...target, mark: markOf('99999999') })).toEqual(others)
  expect(judge({ ...target, name: 'test_shop_99999999_clone_k1' })).toEqual(others)
  expect(judge({ ...target, name: 'test_shop_1a2b3c4d_clone_k1' })).toEqual({ kind: 'disposable' })
  expect(judge({ ...target, name: 'mine', mark: markOf('1a2b3c4d') })).toEqual({ kind: 'disposable' })
})
