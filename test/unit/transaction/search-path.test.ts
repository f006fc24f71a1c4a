import { plainPath, withoutSchema, withSchemaFirst } from '../../../src/transaction/search-path.ts'
import { NO_SETTINGS, setBy, type Settings } from '../../../src/transaction/settings.ts'
import { switchSettings } from '../../../src/transaction/switch-settings.ts'
import { resetAll, resetPath } from '../../../src/transaction/resets.ts'
import { materialize } from '../../../src/transaction/materialize.ts'
import { written } from '../../../src/transaction/regions.ts'
import {
  changeLocally,
  changeSetting,
  withoutSetting,
  withSetting,
} from '../../../src/transaction/setting-changes.ts'
import { BEGIN, FollowedSession, GUARD, having, idle, RELEASE_GUARD } from './followed-session.ts'

const FIRST =
  "SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'sandbox_1', " +
  "NULLIF(pg_catalog.current_setting('search_path'), '')), false)"
const APP = 'set search_path to app'
const RESET = 'RESET search_path'

const first = withSchemaFirst(NO_SETTINGS, 'sandbox_1')
const second = withSchemaFirst(first, 'sandbox_2')
const SECOND = FIRST.replace('sandbox_1', 'sandbox_2')
const appBefore = withSchemaFirst(withSetting(NO_SETTINGS, 'search_path', setBy(APP, 'app')), 'sandbox_1')
const appSince = withSetting(first, 'search_path', setBy(APP, 'app'))

describe('from one client to another', () => {
  test.each<[string, Settings, Settings, string[]]>([
    ['nothing is switched where both have the default', first, withSchemaFirst(new Map(), 'sandbox_1'), []],
    ['a path comes before the schema that is put in front of it', first, appBefore, [APP, FIRST]],
    ['the schema is put in front of the default again', appBefore, first, [RESET, FIRST]],
    ['a path that was set since is alone', first, appSince, [APP]],
    ['and so it is after one with the schema', appBefore, appSince, [APP]],
    ['and the schema comes back behind it', appSince, appBefore, [APP, FIRST]],
    ['the default does, too', appSince, first, [RESET, FIRST]],
    [
      'a role comes before the schema',
      NO_SETTINGS,
      withSetting(first, 'role', setBy('set role a')),
      ['set role a', FIRST],
    ],
    ['another schema takes the place of the first', first, second, [RESET, SECOND]],
    ['without a schema the path is the client’s own', appBefore, withoutSchema(appBefore), [RESET, APP]],
  ])('%s', (_, inForce, wanted, statements) => {
    expect(switchSettings(inForce, wanted)).toEqual(statements)
  })
})

test('a path that was set in one transaction comes after the schema of the next', () => {
  const next = withSchemaFirst(appSince, 'sandbox_2')
  expect(switchSettings(NO_SETTINGS, next)).toEqual([APP, SECOND])
  expect(withSchemaFirst(appSince, 'sandbox_1')).toBe(appSince)
})

test('settings without a schema are left as they are', () => {
  expect(withSchemaFirst(first, undefined)).toEqual(NO_SETTINGS)
  expect(withoutSchema(NO_SETTINGS)).toBe(NO_SETTINGS)
  expect(withoutSetting(first, 'timezone')).toBe(first)
})

describe('a transaction with a schema of its own', () => {
  const session = (): FollowedSession => {
    const followed = new FollowedSession()
    followed.state = { ...having(idle, { settings: first }), sandboxSchema: 'sandbox_1' }
    return followed
  }
  const MAKE = ['CREATE SCHEMA sandbox_1', 'GRANT ALL ON SCHEMA sandbox_1 TO PUBLIC']

  test('makes it before anything else, also for a mere read', () => {
    expect(session().read()).toEqual([...BEGIN, ...MAKE, FIRST, GUARD])
  })

  test('makes it with the rights of its login, and not of the role that was served last', () => {
    const followed = session()
    followed.state = { ...followed.state, inForce: new Map([['role', setBy('set role a')]]) }
    expect(followed.write()).toEqual([...BEGIN, 'RESET role', ...MAKE, FIRST, GUARD])
  })

  test('keeps it in deeper levels, and forgets it at its end', () => {
    const followed = session()
    followed.write()
    followed.start()
    expect(followed.write()).toEqual([RELEASE_GUARD, 'SAVEPOINT "pg-sandbox level 2"', GUARD])
    followed.undoLevel()
    expect(followed.state.sandboxSchema).toBe('sandbox_1')
    followed.undoLevel()
    expect(followed.state.sandboxSchema).toBeUndefined()
    expect(followed.state.inForce).toEqual(NO_SETTINGS)
  })

  test('puts it first again after SET LOCAL', () => {
    const followed = session().begin()
    followed.write()
    followed.state = written(changeLocally(followed.state, 'search_path'))
    followed.commit()
    expect(followed.write()).toEqual([RELEASE_GUARD, RESET, FIRST, GUARD])
  })

  test.each([
    ['RESET search_path', resetPath, [RESET, FIRST]],
    ['RESET ALL', resetAll, ['RESET ALL', 'SET LOCAL default_transaction_read_only = off', FIRST]],
  ])('puts it first again with %s', (_, reset, statements) => {
    const { state } = materialize(session().state)
    const step = reset(changeSetting(state, 'search_path', setBy(APP, 'app')))
    expect(step.sql).toEqual(statements)
    const { settings } = step.state.client
    expect(settings).toEqual(first)
    expect(plainPath(settings)).toBeUndefined()
    expect(switchSettings(NO_SETTINGS, settings)).toEqual([FIRST])
    expect(switchSettings(step.state.inForce, settings)).toEqual([])
  })
})
