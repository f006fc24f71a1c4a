import { keepValues } from '../../../src/transaction/sequences.ts'
import { marked, recovered } from '../../../src/transaction/savepoints.ts'
import { materialize } from '../../../src/transaction/materialize.ts'
import { written } from '../../../src/transaction/regions.ts'
import { FollowedSession, GUARD, idle, RELEASE_GUARD, START, UNDO } from './followed-session.ts'

const ids = { name: 'public.ids', cycles: false, isOwned: true }
const numbers = { name: 'public.numbers', cycles: true, isOwned: true }
const LEVEL_2 = 'SAVEPOINT "pg-sandbox level 2"'

let session: FollowedSession
beforeEach(() => {
  session = new FollowedSession()
  session.state = { ...idle, drawn: [ids] }
})

describe('a sequence that a statement may draw from', () => {
  test('is set apart before the guard, so that undoing the statement does not undo that', () => {
    expect(session.write()).toEqual([...START.slice(0, -1), keepValues([ids]), GUARD])
  })

  test('is set apart once, and the next one when it is due', () => {
    session.write()
    expect(session.write()).toEqual([RELEASE_GUARD, GUARD])
    session.state = { ...session.state, drawn: [ids, numbers] }
    expect(session.write()).toEqual([RELEASE_GUARD, keepValues([numbers]), GUARD])
  })

  test('is set apart in each level', () => {
    session.write()
    session.start()
    expect(session.write()).toEqual([RELEASE_GUARD, LEVEL_2, keepValues([ids]), GUARD])
    session.undoLevel()
    session.start()
    expect(session.write()).toEqual([LEVEL_2, keepValues([ids]), GUARD])
  })

  test('is set apart inside the transaction that comes to it, and again once that is undone', () => {
    session.state = { ...session.state, drawn: [] }
    session.begin()
    session.write()
    session.state = { ...session.state, drawn: [numbers] }
    expect(session.write()).toEqual([keepValues([numbers])])
    session.rollback()
    expect(session.write()).toEqual([UNDO, RELEASE_GUARD, keepValues([numbers]), GUARD])
  })

  test('is set apart again after ROLLBACK TO a savepoint', () => {
    session.begin()
    session.write()
    session.state = marked(session.state, 's')
    session.state = recovered(written(session.state), 's')
    expect(materialize(session.state).sql).toEqual([keepValues([ids])])
  })

  test('is left alone by a read', () => {
    session.state = { ...session.state, drawn: [] }
    expect(session.read()).toEqual([])
  })
})
