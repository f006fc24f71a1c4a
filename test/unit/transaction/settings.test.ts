import { reconnected } from '../../../src/transaction/levels.ts'
import { materialize } from '../../../src/transaction/materialize.ts'
import { endRegion, failed, written } from '../../../src/transaction/regions.ts'
import { changeSetting, changeLocally, resetSetting } from '../../../src/transaction/setting-changes.ts'
import {
  areSameSettings,
  assignedSetting,
  configuredSetting,
  isSameSetting,
  NO_SETTINGS,
  type Setting,
  setBy,
  valueOf,
} from '../../../src/transaction/settings.ts'
import {
  BEGIN,
  FollowedSession,
  GUARD,
  having,
  LIMA,
  RELEASE_GUARD,
  START,
  TOKYO,
  UNDO,
  lima,
  tokyo,
} from './followed-session.ts'

let session: FollowedSession
beforeEach(() => {
  session = new FollowedSession()
})

describe('settings', () => {
  test('are switched before the guard is set, so that undoing a statement does not undo them', () => {
    session.served(TOKYO)
    expect(session.write()).toEqual([...BEGIN, tokyo, GUARD])
    session.served(LIMA)
    expect(session.write()).toEqual([RELEASE_GUARD, lima, GUARD])
  })

  test('are not switched again while they hold', () => {
    session.served(TOKYO)
    session.write()
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
    session.served(new Map(TOKYO))
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('are switched for a read with no transaction, too', () => {
    session.served(TOKYO)
    expect(session.read()).toEqual([tokyo])
    expect(session.read()).toEqual([])
    session.served(NO_SETTINGS)
    expect(session.read()).toEqual(['RESET timezone'])
  })

  test('of the application are kept when the statement succeeds', () => {
    const { state } = materialize(session.state)
    session.state = endRegion(written(changeSetting(state, 'timezone', setBy(tokyo, 'Asia/Tokyo')))).state
    expect(session.state.client.settings).toEqual(TOKYO)
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('of a string that fails are forgotten, and what undoing brings back is known', () => {
    session.write()
    const { state } = materialize(session.state)
    session.state = endRegion(
      failed(written(changeSetting(state, 'timezone', setBy(tokyo, 'Asia/Tokyo')))),
    ).state
    expect(session.state.client.settings).toEqual(NO_SETTINGS)
    expect(session.write()).toEqual([UNDO])
  })

  test('of a block that is rolled back are forgotten', () => {
    session.served(LIMA).begin()
    session.write()
    session.state = changeSetting(session.state, 'timezone', setBy(tokyo, 'Asia/Tokyo'))
    expect(session.state.client.settings).toEqual(TOKYO)
    session.rollback()
    expect(session.state.client.settings).toEqual(LIMA)
    expect(session.write()).toEqual([UNDO])
  })

  test('of a block that is committed stay', () => {
    session.served(LIMA).begin()
    session.write()
    session.state = changeSetting(session.state, 'timezone', setBy(tokyo, 'Asia/Tokyo'))
    session.commit()
    expect(session.state.client.settings).toEqual(TOKYO)
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('made LOCAL are put back after COMMIT, where RELEASE would keep them', () => {
    session.served(LIMA).begin()
    session.write()
    session.state = changeLocally(session.state, 'timezone')
    session.commit()
    expect(session.state.client.settings).toEqual(LIMA)
    expect(session.write()).toEqual([RELEASE_GUARD, lima, GUARD])
  })

  test('made LOCAL over nothing are reset after COMMIT', () => {
    session.begin()
    session.write()
    session.state = changeLocally(session.state, 'timezone')
    session.commit()
    expect(session.write()).toEqual([RELEASE_GUARD, 'RESET timezone', GUARD])
  })

  test('made LOCAL need nothing after ROLLBACK', () => {
    session.begin()
    session.write()
    session.state = changeLocally(session.state, 'timezone')
    session.rollback()
    expect(session.write()).toEqual([UNDO])
  })

  test('of a level that is undone are put in force again for whoever believes in them', () => {
    session.write()
    session.start().served(TOKYO)
    expect(session.write()).toContain(tokyo)
    session.undoLevel()
    session.served(TOKYO)
    expect(session.write()).toEqual([tokyo, GUARD])
  })

  test('are all put in force again on a new connection', () => {
    session.served(TOKYO)
    session.read()
    session.state = reconnected(session.state)
    session.served(TOKYO)
    expect(session.read()).toEqual([tokyo])
  })

  test('RESET brings back those of the start-up packet', () => {
    session.state = { ...having(session.state, { startup: LIMA, settings: TOKYO }), inForce: TOKYO }
    session.state = resetSetting(session.state, 'timezone')
    expect(session.state.client.settings).toEqual(LIMA)
    expect(session.write()).toEqual([...BEGIN, lima, GUARD])
  })

  test('RESET ALL leaves the role', () => {
    const role = setBy('SET ROLE app_user', 'app_user')
    const all = new Map([...TOKYO, ['role', role]])
    session.state = resetSetting({ ...having(session.state, { settings: all }), inForce: all }, 'all')
    expect(session.state.client.settings).toEqual(new Map([['role', role]]))
    expect(session.write()).toEqual(START)
  })

  test('a role is given up before other settings and taken on after them', () => {
    const all = new Map([['role', setBy('SET ROLE app_user')], ...TOKYO])
    session.served(all)
    expect(session.read()).toEqual([tokyo, 'SET ROLE app_user'])
    session.served(NO_SETTINGS)
    const sql = session.read()
    expect(sql.indexOf('RESET role')).toBe(0)
    expect(sql).toHaveLength(2)
  })
})

describe('two settings are the same', () => {
  const path = setBy('set search_path to app', 'app')
  const apart: Setting[] = [
    assignedSetting('a', '1'),
    assignedSetting('a', '2'),
    configuredSetting('a', '1'),
    { kind: 'local', value: undefined },
    { kind: 'local', value: '1' },
    { kind: 'schemaFirst', schema: 'sandbox_1', path: undefined },
    { kind: 'schemaFirst', schema: 'sandbox_2', path: undefined },
    { kind: 'schemaFirst', schema: 'sandbox_1', path },
    { kind: 'schemaLeftOut', schema: 'sandbox_1', path },
    { kind: 'schemaLeftOut', schema: 'sandbox_1', path: { kind: 'local', value: 'app' } },
  ]

  test.each(apart.map((setting, i) => [setting.kind, i, setting] as const))(
    '%s (%i) as its copy, and as no other',
    (_, i, setting) => {
      expect(apart.map((other) => isSameSetting(structuredClone(setting), other)).indexOf(true)).toBe(i)
      expect(apart.filter((other) => isSameSetting(setting, other))).toEqual([setting])
      expect(isSameSetting(setting, undefined)).toBe(false)
      expect(isSameSetting(undefined, setting)).toBe(false)
    },
  )

  test('in maps of the same names, in any order', () => {
    const [one, other] = [assignedSetting('a', '1'), assignedSetting('b', '1')]
    const both = new Map([
      ['a', one],
      ['b', other],
    ] as const)
    expect(
      areSameSettings(
        both,
        new Map([
          ['b', other],
          ['a', structuredClone(one)],
        ] as const),
      ),
    ).toBe(true)
    expect(areSameSettings(both, new Map([['a', one]]))).toBe(false)
    expect(
      areSameSettings(
        both,
        new Map([
          ['a', one],
          ['c', other],
        ] as const),
      ),
    ).toBe(false)
  })
})

test('the value of a setting is known where its statement gives one', () => {
  const settings = new Map<string, Setting>([
    ['a', assignedSetting('a', "it's")],
    ['b', setBy('set b from current')],
    ['c', { kind: 'local', value: '1' }],
    ['search_path', { kind: 'schemaFirst', schema: 'sandbox_1', path: undefined }],
  ])
  const values = ['a', 'b', 'c', 'd', 'search_path'].map((name) => valueOf(settings, name))
  expect(values).toEqual(["it's", undefined, '1', undefined, undefined])
})
