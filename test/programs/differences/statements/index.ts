import fc from 'fast-check'
import { DEFERRED } from './deferred.ts'
import { DEFINITIONS } from './definitions.ts'
import type { Group, Template } from './groups.ts'
import { LEXICAL } from './lexical.ts'
import { NOTIFICATIONS } from './notifications.ts'
import { ROUTINES } from './routines.ts'
import { ROWS } from './rows.ts'
import { SESSION_OBJECTS } from './session-objects.ts'
import { SETTINGS } from './settings.ts'
import { MODES_OF_BEGIN, TRANSACTIONS } from './transactions.ts'

const leftOut = new Set((process.env['FUZZ_WITHOUT'] ?? '').split(',').filter(Boolean))

/** Is a group of statements or a kind of step in use, for all that `FUZZ_WITHOUT` says? */
export function isIn(name: string): boolean {
  return !leftOut.has(name)
}

const ALL: readonly Group[] = [
  ...ROWS,
  ...ROUTINES,
  ...TRANSACTIONS,
  ...SETTINGS,
  ...SESSION_OBJECTS,
  ...DEFERRED,
  ...NOTIFICATIONS,
  ...DEFINITIONS,
  ...LEXICAL,
].filter(({ name }) => isIn(name))

/** In every program. */
const BASE = ['reads', 'writes', 'begin', 'commit', 'rollback']

/**
 * What a program is about. Statements drawn from everything there is seldom meet others of their kind; a few groups at
 * a time do.
 */
const SUBJECTS: readonly (readonly string[])[] = [
  ['failures', 'savepoints', 'chain'],
  ['modes', 'characteristics', 'chain', 'failures'],
  ['routines', 'notices', 'largeObjects', 'failures', 'savepoints'],
  ['settings', 'local', 'set_config', 'resetAll', 'savepoints', 'failures'],
  ['role', 'local', 'discard', 'savepoints', 'failures'],
  ['temp', 'tempUnseen', 'savepoints', 'failures', 'discard'],
  ['cursor', 'hold', 'savepoints', 'failures', 'discard'],
  ['prepare', 'ddl', 'discard', 'savepoints'],
  ['deferred', 'savepoints', 'failures', 'chain'],
  ['deferred', 'routines', 'modes'],
  ['notify', 'notifyMany', 'savepoints', 'failures', 'discard'],
  ['ddl', 'ddlRoutines', 'failures', 'savepoints'],
  ['lexical', 'failures', 'copy', 'savepoints'],
]

/** What a program may say, all in all and in the parts of a transaction. */
export type Subject = {
  readonly weight: number
  readonly sql: fc.Arbitrary<Template>
  readonly begin: fc.Arbitrary<Template>
  readonly body: fc.Arbitrary<Template>
  readonly end: fc.Arbitrary<Template>
}

const COMMANDS = ['begin', 'commit', 'rollback', 'chain']

/** Each subject alone, each with each other, and all of them together. */
export const subjects: readonly Subject[] = [
  ...SUBJECTS.map((names) => subject(12, names)),
  ...SUBJECTS.flatMap((names, index) =>
    SUBJECTS.slice(index + 1).map((others) => subject(1, [...names, ...others])),
  ),
  subject(
    12,
    ALL.map(({ name }) => name),
  ),
]

/** What it is about comes as often as what every program does. */
function subject(weight: number, names: readonly string[]): Subject {
  const all = ALL.filter(({ name }) => BASE.includes(name) || names.includes(name))
  const of = (isBase: boolean): number =>
    all.filter(({ name }) => BASE.includes(name) === isBase).reduce((sum, group) => sum + group.weight, 0)
  const factor = names.length === ALL.length ? 1 : Math.max(1, of(true) / Math.max(1, of(false)))
  const weightOf = ({ name, weight: own }: Group): number =>
    Math.round(own * (BASE.includes(name) ? 4 : 4 * factor))
  const choice = (groups: readonly Group[]): fc.Arbitrary<Template> =>
    fc.oneof(...groups.map((group) => ({ arbitrary: group.sql, weight: weightOf(group) })))
  const commands = (...wanted: string[]): fc.Arbitrary<Template> =>
    choice(
      TRANSACTIONS.filter(
        ({ name }) => wanted.includes(name) && (BASE.includes(name) || names.includes(name)),
      ),
    )
  return {
    weight,
    sql: choice(all),
    begin:
      names.includes('modes') && isIn('modes')
        ? fc.oneof(commands('begin'), MODES_OF_BEGIN)
        : commands('begin'),
    body: choice(all.filter(({ name }) => !COMMANDS.includes(name))),
    end: commands('commit', 'rollback', 'chain'),
  }
}
