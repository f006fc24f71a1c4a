/**
 * The statements that turn one client's settings into another's, on the real connection that they share. Pure. Asked for
 * before a client's unit, where other settings are in force than that client's.
 */
import { quoteIdentifier } from '../sql/quote.ts'
import { pathOfSchema, plainPath, putFirst, SEARCH_PATH } from './search-path.ts'
import { isSameSetting, READ_ONLY_BY_DEFAULT, READ_WRITE_BY_DEFAULT, type Settings } from './settings.ts'
import { RIGHTS, USER } from './setting-changes.ts'

/** The statements that turn the settings `inForce` into `wanted`; none when they are equal. */
export function switchSettings(inForce: Settings, wanted: Settings): string[] {
  if (inForce === wanted || inForce.size + wanted.size === 0) return []
  const path = switchPath(inForce, wanted)
  const isOther = (name: string): boolean => !isSameSetting(inForce.get(name), wanted.get(name))
  const resets = [...inForce.keys()].filter((name) =>
    name === SEARCH_PATH ? path.isReset : !wanted.has(name),
  )
  // A change of the session's user takes the role away.
  const takesRole = resets.includes(USER) || isOther(USER)
  const changes = [...wanted.keys()].filter((name) =>
    name === SEARCH_PATH ? path.isSet : isOther(name) || (takesRole && name === 'role'),
  )
  return [
    ...(path.takesSchema ? [RESET_PATH] : []),
    ...resets.toSorted(byPlace).map(resetStatement),
    ...changes.toSorted((a, b) => byPlace(b, a)).flatMap((name) => statementOf(wanted, name)),
    ...(path.schema === undefined ? [] : [putFirst(path.schema)]),
  ]
}

interface PathSwitch {
  /** Is the path to be reset, so that a schema of the sandbox is not in it any more? */
  readonly takesSchema: boolean
  /** Is the client's path to be reset, or to be set? */
  readonly isReset: boolean
  readonly isSet: boolean
  /** The schema that is then put in front of the path: last of all, as it adds to what is in force. */
  readonly schema: string | undefined
}

function switchPath(inForce: Settings, wanted: Settings): PathSwitch {
  const before = { path: plainPath(inForce), schema: pathOfSchema(inForce) }
  const after = { path: plainPath(wanted), schema: pathOfSchema(wanted) }
  const hasOtherSchema =
    before.schema?.schema !== after.schema?.schema || before.schema?.kind !== after.schema?.kind
  const isOther = hasOtherSchema || !isSameSetting(before.path, after.path)
  // Another schema must not be put in front of the one that is there.
  const isReplaced = hasOtherSchema && before.path === undefined && after.path === undefined
  return {
    takesSchema: before.schema !== undefined && (after.schema === undefined || isReplaced),
    isReset: before.path !== undefined && after.path === undefined,
    isSet: isOther && after.path !== undefined,
    schema: isOther && after.schema?.kind === 'schemaFirst' ? after.schema.schema : undefined,
  }
}

/** What is local is nobody's, and put in force for nobody. */
function statementOf(settings: Settings, name: string): string[] {
  const setting = name === SEARCH_PATH ? plainPath(settings) : settings.get(name)
  return setting?.kind === 'set' ? [setting.statement] : []
}

/** Whoever may change a setting depends on the role, so roles are given up first and taken on last. */
function byPlace(a: string, b: string): number {
  return RIGHTS.indexOf(b) - RIGHTS.indexOf(a)
}

const RESET_PATH = `RESET ${SEARCH_PATH}`

function resetStatement(name: string): string {
  if (name === USER) return 'RESET SESSION AUTHORIZATION'
  if (name === READ_ONLY_BY_DEFAULT) return READ_WRITE_BY_DEFAULT
  // A part of a setting of one's own may be a keyword, as in app.user.
  const quoted = name.includes('.') ? name.split('.').map(quoteIdentifier).join('.') : name
  return `RESET ${quoted}`
}
