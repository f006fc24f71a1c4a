import { begin, commit, rollback } from '../../../src/transaction/block.ts'
import { rollbackAll, rollbackLevel, startLevel } from '../../../src/transaction/levels.ts'
import { materialize, materializeForRead } from '../../../src/transaction/materialize.ts'
import { endRegion, failed, written } from '../../../src/transaction/regions.ts'
import { changeSetting, changeLocally, resetSetting } from '../../../src/transaction/setting-changes.ts'
import {
  applicationStatus,
  initialState,
  isMaterialized,
  serverStatus,
  type TransactionState,
} from '../../../src/transaction/state.ts'
import { marked, recovered } from '../../../src/transaction/savepoints.ts'
import { assignedSetting, setBy } from '../../../src/transaction/settings.ts'
import { FollowedSession, GUARD, READ_ONLY, RELEASE_GUARD, START, UNDO } from './followed-session.ts'

let session: FollowedSession
beforeEach(() => {
  session = new FollowedSession()
})

describe('guards', () => {
  test('one is renewed after a write', () => {
    session.write()
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('a failure is undone in front of the next statement, and the guard stays', () => {
    session.write()
    session.fail()
    expect(serverStatus(session.state)).toBe('E')
    expect(applicationStatus(session.state)).toBe('I')
    expect(session.write()).toEqual([UNDO])
    expect(serverStatus(session.state)).toBe('T')
  })

  test('a first statement that fails leaves a transaction that goes on', () => {
    expect(session.fail()).toEqual(START)
    expect(session.fail()).toEqual([UNDO])
    expect(session.write()).toEqual([UNDO])
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('a read with nothing written needs none', () => {
    expect(session.read()).toEqual([])
    expect(session.read()).toEqual([])
  })

  test('a failed read with no transaction leaves the session idle', () => {
    const { state } = materializeForRead(session.state)
    expect(serverStatus(failed(state))).toBe('I')
    expect(applicationStatus(failed(state))).toBe('I')
  })
})

describe("the application's transaction", () => {
  test('BEGIN sends nothing until there is a statement', () => {
    session.begin()
    expect(applicationStatus(session.state)).toBe('T')
    expect(serverStatus(session.state)).toBe('I')
    expect(session.write()).toEqual(START)
    expect(session.write()).toEqual([])
    expect(session.write()).toEqual([])
  })

  test('an empty transaction sends nothing', () => {
    session.begin().commit().begin().rollback()
    expect(applicationStatus(session.state)).toBe('I')
    expect(isMaterialized(session.state)).toBe(false)
    expect(session.write()).toEqual(START)
  })

  test('COMMIT keeps what stands behind the guard: the next statement renews it', () => {
    session.begin()
    session.write()
    session.commit()
    expect(applicationStatus(session.state)).toBe('I')
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('ROLLBACK goes back to the guard, in front of the next statement', () => {
    session.begin()
    session.write()
    session.rollback()
    expect(applicationStatus(session.state)).toBe('I')
    expect(serverStatus(session.state)).toBe('T')
    expect(session.write()).toEqual([UNDO])
  })

  test('ROLLBACK of a second transaction keeps what was committed before', () => {
    session.begin()
    session.write()
    session.commit().begin()
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
    session.rollback()
    expect(session.write()).toEqual([UNDO])
  })

  test('a failed one refuses to be prepared for, and COMMIT rolls it back', () => {
    session.begin()
    session.write()
    session.fail()
    expect(applicationStatus(session.state)).toBe('E')
    expect(serverStatus(session.state)).toBe('E')
    expect(session.write()).toEqual([])
    expect(applicationStatus(session.state)).toBe('E')
    session.commit()
    expect(applicationStatus(session.state)).toBe('I')
    expect(session.write()).toEqual([UNDO])
  })

  test('a failed one works again once its savepoint was rolled back to', () => {
    session.begin()
    session.write()
    session.state = marked(session.state, 's')
    session.fail()
    session.state = recovered(session.state, 's')
    expect(applicationStatus(session.state)).toBe('T')
    expect(serverStatus(session.state)).toBe('T')
    session.commit()
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('READ ONLY comes after the guard, and ends with it: READ WRITE needs nothing', () => {
    session.begin({ readOnly: true })
    expect(session.write()).toEqual([...START, READ_ONLY])
    session.commit().begin({ readOnly: false })
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('READ ONLY waits for the first statement that takes a snapshot, and is sent once', () => {
    session.begin({ readOnly: true })
    const { sql, state } = materialize(session.state, false)
    expect(sql).toEqual(START)
    session.state = state
    expect(session.read()).toEqual([READ_ONLY])
    expect(session.read()).toEqual([])
  })

  test('READ ONLY by default is that of statements outside a block, too, and ends with them', () => {
    session.served(
      new Map([['default_transaction_read_only', assignedSetting('default_transaction_read_only', 'on')]]),
    )
    expect(session.write().at(-1)).toBe(READ_ONLY)
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD, READ_ONLY])
  })

  test('isolation levels are not sent', () => {
    session.begin({ isolation: 'serializable', deferrable: true })
    expect(session.write()).toEqual(START)
  })

  test('a read is its first statement as any other', () => {
    session.begin()
    expect(session.read()).toEqual(START)
    expect(session.write()).toEqual([])
  })

  test('BEGIN after statements of the same string takes them along', () => {
    session.state = written(materialize(session.state).state)
    session.begin({ readOnly: true })
    expect(session.state.region).toBeUndefined()
    expect(session.read()).toEqual([READ_ONLY])
    session.rollback()
    expect(session.write()).toEqual([UNDO])
  })
})

test('no function changes the state it is given', () => {
  const deepFreeze = (state: TransactionState): TransactionState => {
    for (const segment of state.segments) Object.freeze(segment)
    Object.freeze(state.segments)
    if (state.block) Object.freeze(state.block)
    return Object.freeze(state)
  }
  let state = deepFreeze(initialState(1))
  const steps: ((from: TransactionState) => TransactionState)[] = [
    (from) => begin(from, {}).state,
    (from) => materialize(from).state,
    written,
    (from) => marked(from, 's'),
    failed,
    (from) => recovered(from, 's'),
    (from) => commit(from).state,
    (from) => materialize(from).state,
    startLevel,
    (from) => materialize(endRegion(from).state).state,
    (from) => changeSetting(from, 'a', setBy('SET a TO 1', '1')),
    (from) => changeLocally(from, 'b'),
    rollback,
    (from) => resetSetting(from, 'a'),
    (from) => rollbackLevel(from).state,
    (from) => rollbackAll(from).state,
  ]
  for (const step of steps) state = deepFreeze(step(state))
  expect(state).toEqual(initialState(0))
})
