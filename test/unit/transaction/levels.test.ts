import { leaving } from '../../../src/transaction/leftovers.ts'
import { rollbackAll } from '../../../src/transaction/levels.ts'
import { materialize } from '../../../src/transaction/materialize.ts'
import {
  applicationStatus,
  initialState,
  isMaterialized,
  serverStatus,
} from '../../../src/transaction/state.ts'
import {
  END,
  FollowedSession,
  GUARD,
  KNOWN,
  READ_ONLY,
  RELEASE_GUARD,
  START,
  UNDO,
} from './followed-session.ts'
import { withGuard } from '../../../src/transaction/state.ts'

let session: FollowedSession
beforeEach(() => {
  session = new FollowedSession()
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
    expect(session.write()).toEqual(START)
    expect(serverStatus(session.state)).toBe('T')
    expect(applicationStatus(session.state)).toBe('I')
  })

  test('levels that have not written have no savepoint', () => {
    session.start().start()
    expect(session.write()).toEqual(START)
    expect(session.undoLevel()).toEqual(END)
    expect(serverStatus(session.state)).toBe('I')
  })

  test('the rollback of the outermost level that has written ends the real transaction', () => {
    session.write()
    expect(session.undoLevel()).toEqual(END)
    expect(isMaterialized(session.state)).toBe(false)
    expect(session.state.levels).toBe(0)
  })

  test('a level inside one that has written is a savepoint', () => {
    session.write()
    session.start()
    // What transactions of the outer level have left in its guard could be gone back to.
    expect(session.write()).toEqual([RELEASE_GUARD, 'SAVEPOINT "pg-sandbox level 2"', GUARD])
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

  test('after an inner level the outer one goes on with a guard of its own', () => {
    session.write()
    session.start()
    session.write()
    session.undoLevel()
    expect(session.write()).toEqual([GUARD])
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

  test('rolling everything back is one ROLLBACK behind the proof, or nothing', () => {
    expect(rollbackAll(session.state).sql).toEqual([])
    session.write()
    session.start()
    session.write()
    const { sql, state } = rollbackAll(session.state)
    expect(sql).toEqual(END)
    expect(state).toEqual({ ...initialState(0), schema: KNOWN })
  })

  test('a transaction that failed before its guard was set ends without the proof', () => {
    session.write()
    session.state = withGuard(session.state, 'none')
    expect(session.undoLevel()).toEqual(['ROLLBACK'])
  })

  test('locks of the session are freed with the outermost level, as no rollback frees them', () => {
    session.write()
    session.start()
    session.write()
    session.state = leaving({ ...session.state, levels: 1 }, { byFunctions: false })
    session.state = { ...session.state, levels: 2 }
    expect(session.undoLevel()).toHaveLength(2)
    expect(session.state.leftovers).toBeDefined()
    expect(session.undoLevel()).toEqual([
      'ROLLBACK',
      'BEGIN',
      'SELECT pg_catalog.pg_advisory_unlock_all()',
      'COMMIT',
    ])
    expect(session.state.leftovers).toBeUndefined()
  })

  test('those of an inner level are freed with that, where no outer one has taken any', () => {
    session.write()
    session.start()
    session.write()
    session.state = leaving(session.state, { byFunctions: false })
    expect(session.undoLevel().slice(2)).toEqual(['SELECT pg_catalog.pg_advisory_unlock_all()'])
    expect(session.state.leftovers).toBeUndefined()
  })

  test('those of a level that has only read are freed, too, and what functions have left with them', () => {
    session.state = leaving(session.state, { byFunctions: true })
    const [begin, unlock, rest, commit] = session.undoLevel()
    expect([begin, unlock, commit]).toEqual(['BEGIN', 'SELECT pg_catalog.pg_advisory_unlock_all()', 'COMMIT'])
    expect(rest).toMatch(/^DO .*DEALLOCATE/s)
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
    expect(session.undoLevel()).toEqual(END)
    expect(applicationStatus(session.state)).toBe('T')
    expect(session.write()).toEqual(START)
  })

  test('READ ONLY that was put in force in a level is put in force again after it', () => {
    session.begin({ readOnly: true })
    session.state = materialize(session.state, false).state
    session.start()
    expect(session.read()).toEqual(['SAVEPOINT "pg-sandbox level 2"', READ_ONLY])
    session.undoLevel()
    expect(session.read()).toEqual([READ_ONLY])
  })

  test('READ ONLY that was put in force with the whole transaction is put in force again with the next', () => {
    session.begin({ readOnly: true }).start()
    expect(session.read()).toEqual([...START, READ_ONLY])
    session.undoLevel()
    expect(session.read()).toEqual([...START, READ_ONLY])
  })
})
