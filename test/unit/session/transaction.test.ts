import {
  applicationStatus,
  begin,
  change,
  changeLocally,
  commit,
  endRegion,
  failed,
  initialState,
  isMaterialized,
  prepare,
  prepareRead,
  reconnected,
  reset,
  rollback,
  rollbackAll,
  rollbackLevel,
  serverStatus,
  startLevel,
  type TransactionState,
  written,
} from '../../../src/session/transaction.ts'
import { marked, recovered } from '../../../src/session/savepoints.ts'
import { NO_SETTINGS, type Settings } from '../../../src/session/settings.ts'

const BEGIN = ['BEGIN READ WRITE', 'SET LOCAL default_transaction_read_only = off']
const GUARD = 'SAVEPOINT "pg-sandbox guard"'
const RELEASE_GUARD = 'RELEASE SAVEPOINT "pg-sandbox guard"'
const UNDO = 'ROLLBACK TO SAVEPOINT "pg-sandbox guard"'
const TOKYO: Settings = new Map([['timezone', "SET timezone TO 'Asia/Tokyo'"]])
const LIMA: Settings = new Map([['timezone', "SET timezone TO 'America/Lima'"]])

/** Follows a state and writes down what would be sent. */
class Session {
  state: TransactionState = initialState(1)

  served(settings: Settings): this {
    this.state = { ...this.state, own: settings }
    return this
  }

  write(): readonly string[] {
    const { sql, state } = prepare(this.state)
    this.state = endRegion(written(state))
    return sql
  }

  fail(): readonly string[] {
    const { sql, state } = prepare(this.state)
    this.state = endRegion(failed(state))
    return sql
  }

  /** A read, that is kept as one. */
  read(): readonly string[] {
    const { sql, state } = prepareRead(this.state)
    this.state = endRegion(state)
    return sql
  }

  begin(modes = {}): this {
    const step = begin(this.state, modes)
    expect(step.sql).toEqual([])
    this.state = step.state
    return this
  }

  commit(): this {
    this.state = commit(this.state)
    return this
  }

  rollback(): this {
    this.state = rollback(this.state)
    return this
  }

  start(): this {
    this.state = startLevel(this.state)
    return this
  }

  undoLevel(): readonly string[] {
    const { sql, state } = rollbackLevel(this.state)
    this.state = state
    return sql
  }
}

let session: Session
beforeEach(() => {
  session = new Session()
})

describe('levels', () => {
  test('a level without writes sends nothing, neither when it begins nor when it ends', () => {
    session.start().start()
    expect(session.read()).toEqual([])
    expect(isMaterialized(session.state)).toBe(false)
    expect(session.undoLevel()).toEqual([])
    expect(session.undoLevel()).toEqual([])
    expect(session.state.levels).toBe(1)
  })

  test('the first write begins the transaction and sets the guard', () => {
    expect(session.write()).toEqual([...BEGIN, GUARD])
    expect(serverStatus(session.state)).toBe('T')
    expect(applicationStatus(session.state)).toBe('I')
  })

  test('levels that have not written have no savepoint', () => {
    session.start().start()
    expect(session.write()).toEqual([...BEGIN, GUARD])
    expect(session.undoLevel()).toEqual(['ROLLBACK'])
    expect(serverStatus(session.state)).toBe('I')
  })

  test('the rollback of the outermost level that has written ends the real transaction', () => {
    session.write()
    expect(session.undoLevel()).toEqual(['ROLLBACK'])
    expect(isMaterialized(session.state)).toBe(false)
    expect(session.state.levels).toBe(0)
  })

  test('a level inside one that has written is a savepoint', () => {
    session.write()
    session.start()
    expect(session.write()).toEqual(['SAVEPOINT "pg-sandbox level 2"', GUARD])
    expect(session.undoLevel()).toEqual([
      'ROLLBACK TO SAVEPOINT "pg-sandbox level 2"',
      'RELEASE SAVEPOINT "pg-sandbox level 2"',
    ])
    expect(session.undoLevel()).toEqual(['ROLLBACK'])
  })

  test('a level that has only read inside one that has written ends without a word', () => {
    session.write()
    session.start()
    expect(session.undoLevel()).toEqual([])
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('after an inner level the outer one goes on with its own guard', () => {
    session.write()
    session.start()
    session.write()
    session.undoLevel()
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('what failed last in the outer level is undone before the inner one begins', () => {
    session.write()
    session.fail()
    session.start()
    const sql = session.write()
    expect(sql.indexOf(UNDO)).toBe(0)
    expect(sql).toContain('SAVEPOINT "pg-sandbox level 2"')
    expect(serverStatus(session.state)).toBe('T')
  })

  test('rolling back more often than starting does nothing', () => {
    session.undoLevel()
    expect(session.undoLevel()).toEqual([])
    expect(session.state.levels).toBe(0)
  })

  test('rolling everything back is one ROLLBACK, or nothing', () => {
    expect(rollbackAll(session.state).sql).toEqual([])
    session.write()
    session.start()
    session.write()
    const { sql, state } = rollbackAll(session.state)
    expect(sql).toEqual(['ROLLBACK'])
    expect(state).toEqual(initialState(0))
  })
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
    expect(session.fail()).toEqual([...BEGIN, GUARD])
    expect(session.fail()).toEqual([UNDO])
    expect(session.write()).toEqual([UNDO])
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('a read with nothing written needs none', () => {
    expect(session.read()).toEqual([])
    expect(session.read()).toEqual([])
  })

  test('a failed read with no transaction leaves the session idle', () => {
    const { state } = prepareRead(session.state)
    expect(serverStatus(failed(state))).toBe('I')
    expect(applicationStatus(failed(state))).toBe('I')
  })
})

describe("the application's transaction", () => {
  test('BEGIN sends nothing until there is a statement', () => {
    session.begin()
    expect(applicationStatus(session.state)).toBe('T')
    expect(serverStatus(session.state)).toBe('I')
    expect(session.write()).toEqual([...BEGIN, GUARD])
    expect(session.write()).toEqual([])
    expect(session.write()).toEqual([])
  })

  test('an empty transaction sends nothing', () => {
    session.begin().commit().begin().rollback()
    expect(applicationStatus(session.state)).toBe('I')
    expect(isMaterialized(session.state)).toBe(false)
    expect(session.write()).toEqual([...BEGIN, GUARD])
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

  test('READ ONLY comes after the guard', () => {
    session.begin({ readOnly: true })
    expect(session.write()).toEqual([...BEGIN, GUARD, 'SET TRANSACTION READ ONLY'])
    session.commit().begin({ readOnly: false })
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD, 'SET TRANSACTION READ WRITE'])
  })

  test('isolation levels are not sent', () => {
    session.begin({ isolation: 'serializable', deferrable: true })
    expect(session.write()).toEqual([...BEGIN, GUARD])
  })

  test('a read is its first statement as any other', () => {
    session.begin()
    expect(session.read()).toEqual([...BEGIN, GUARD])
    expect(session.write()).toEqual([])
  })

  test('BEGIN after statements of the same string takes them along', () => {
    const { state } = prepare(session.state)
    session.state = begin(written(state), { readOnly: true }).state
    expect(begin(written(state), { readOnly: true }).sql).toEqual(['SET TRANSACTION READ ONLY'])
    session.rollback()
    expect(session.write()).toEqual([UNDO])
  })
})

describe('a block across levels', () => {
  test('one that has written goes on in an inner level, with a savepoint of the level', () => {
    session.begin()
    session.write()
    session.start()
    expect(session.write()).toEqual(['SAVEPOINT "pg-sandbox level 2"'])
    expect(session.undoLevel()).toEqual([
      'ROLLBACK TO SAVEPOINT "pg-sandbox level 2"',
      'RELEASE SAVEPOINT "pg-sandbox level 2"',
    ])
    expect(applicationStatus(session.state)).toBe('T')
    expect(session.write()).toEqual([])
    session.commit()
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('one that was rolled back in an inner level takes its savepoint along', () => {
    session.begin()
    session.write()
    session.start()
    session.write()
    session.rollback()
    const sql = session.write()
    expect(sql[0]).toBe(UNDO)
    expect(sql).toContain('SAVEPOINT "pg-sandbox level 2"')
    expect(session.undoLevel()).toEqual([
      'ROLLBACK TO SAVEPOINT "pg-sandbox level 2"',
      'RELEASE SAVEPOINT "pg-sandbox level 2"',
    ])
  })

  test('one that failed in an inner level works again after the rollback of that level', () => {
    session.begin()
    session.write()
    session.start()
    session.fail()
    expect(applicationStatus(session.state)).toBe('E')
    session.undoLevel()
    expect(applicationStatus(session.state)).toBe('T')
    expect(serverStatus(session.state)).toBe('T')
  })

  test('one that failed in the outer level is still failed after an inner level', () => {
    session.begin()
    session.write()
    session.fail()
    session.start()
    session.undoLevel()
    expect(applicationStatus(session.state)).toBe('E')
    expect(serverStatus(session.state)).toBe('E')
  })

  test('one that was opened in a level ends with it', () => {
    session.write()
    session.start().begin()
    session.write()
    session.undoLevel()
    expect(applicationStatus(session.state)).toBe('I')
    expect(serverStatus(session.state)).toBe('T')
  })

  test('one that was opened in a level and did nothing ends with it', () => {
    session.start().begin()
    expect(session.undoLevel()).toEqual([])
    expect(applicationStatus(session.state)).toBe('I')
  })

  test('the whole transaction ends when the level in which the block first wrote does', () => {
    session.begin().start()
    session.write()
    expect(session.undoLevel()).toEqual(['ROLLBACK'])
    expect(applicationStatus(session.state)).toBe('T')
    expect(session.write()).toEqual([...BEGIN, GUARD])
  })
})

describe('settings', () => {
  const tokyo = TOKYO.get('timezone')!
  const lima = LIMA.get('timezone')!

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
    const { state } = prepare(session.state)
    session.state = endRegion(written(change(state, 'timezone', tokyo)))
    expect(session.state.own).toEqual(TOKYO)
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('of a string that fails are forgotten, and what undoing brings back is known', () => {
    session.write()
    const { state } = prepare(session.state)
    session.state = endRegion(failed(written(change(state, 'timezone', tokyo))))
    expect(session.state.own).toEqual(NO_SETTINGS)
    expect(session.write()).toEqual([UNDO])
  })

  test('of a block that is rolled back are forgotten', () => {
    session.served(LIMA).begin()
    session.write()
    session.state = change(session.state, 'timezone', tokyo)
    expect(session.state.own).toEqual(TOKYO)
    session.rollback()
    expect(session.state.own).toEqual(LIMA)
    expect(session.write()).toEqual([UNDO])
  })

  test('of a block that is committed stay', () => {
    session.served(LIMA).begin()
    session.write()
    session.state = change(session.state, 'timezone', tokyo)
    session.commit()
    expect(session.state.own).toEqual(TOKYO)
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
  })

  test('made LOCAL are put back after COMMIT, where RELEASE would keep them', () => {
    session.served(LIMA).begin()
    session.write()
    session.state = changeLocally(session.state, 'timezone')
    session.commit()
    expect(session.state.own).toEqual(LIMA)
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
    expect(session.write()).toEqual([RELEASE_GUARD, tokyo, GUARD])
  })

  test('are all put in force again on a new connection', () => {
    session.served(TOKYO)
    session.read()
    session.state = reconnected(session.state)
    session.served(TOKYO)
    expect(session.read()).toEqual([tokyo])
  })

  test('RESET brings back those of the start-up packet', () => {
    session.state = { ...session.state, startup: LIMA, own: TOKYO, inForce: TOKYO }
    session.state = reset(session.state, 'timezone')
    expect(session.state.own).toEqual(LIMA)
    expect(session.write()).toEqual([...BEGIN, lima, GUARD])
  })

  test('RESET ALL leaves the role', () => {
    const role = 'SET ROLE app_user'
    const all = new Map([...TOKYO, ['role', role]])
    session.state = reset({ ...session.state, own: all, inForce: all }, 'all')
    expect(session.state.own).toEqual(new Map([['role', role]]))
    expect(session.write()).toEqual([...BEGIN, GUARD])
  })

  test('a role is given up before other settings and taken on after them', () => {
    const all = new Map([['role', 'SET ROLE app_user'], ...TOKYO])
    session.served(all)
    expect(session.read()).toEqual([tokyo, 'SET ROLE app_user'])
    session.served(NO_SETTINGS)
    const sql = session.read()
    expect(sql.indexOf('RESET role')).toBe(0)
    expect(sql).toHaveLength(2)
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
    (from) => prepare(from).state,
    written,
    (from) => marked(from, 's'),
    failed,
    (from) => recovered(from, 's'),
    commit,
    (from) => prepare(from).state,
    startLevel,
    (from) => prepare(endRegion(from)).state,
    (from) => change(from, 'a', 'SET a TO 1'),
    (from) => changeLocally(from, 'b'),
    rollback,
    (from) => reset(from, 'a'),
    (from) => rollbackLevel(from).state,
    (from) => rollbackAll(from).state,
  ]
  for (const step of steps) state = deepFreeze(step(state))
  expect(state).toEqual(initialState(0))
})
