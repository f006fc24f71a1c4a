import { spyOnWarnings } from '../support/warnings.ts'
import * as warnings from '../../src/warnings.ts'
import { section } from './support/readme.ts'

type Factory = (...given: unknown[]) => void

const BLOCKER = { processId: 1, application: null, state: null, query: null }

/** What each is told of. */
const GIVEN: Readonly<Record<string, readonly unknown[]>> = {
  warnOfForeignLocks: ['select 1', 1000, [BLOCKER]],
  warnOfUnownedSequences: [['ids']],
  warnOfUnreadKey: ['users.yml:1:1: …'],
  warnOfUnseenNotifications: [['tell']],
  warnOfUnseenRows: [],
}

const emitted = spyOnWarnings()

test.each(Object.entries(warnings))('%s has a row with its code', (name, factory) => {
  const given = GIVEN[name] ?? []
  ;(factory as Factory)(...given)
  const [{ code } = { code: 'none' }] = emitted()
  expect(section('Warnings')).toContain(`| \`${code}\` |`)
})

test('no row is about a warning that does not exist', () => {
  const rows = section('Warnings').match(/^\| `PG_SANDBOX_\w+` \|/gm)
  expect(rows).toHaveLength(Object.keys(warnings).length)
})
