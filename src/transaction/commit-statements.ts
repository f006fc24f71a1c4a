/**
 * What a commit of the application does on the real connection, where the transaction stays open: the checks that are due,
 * cursors and temporary tables that end, notifications that go out. Pure. Regions and blocks end with it.
 */
import { quoteIdentifier } from '../sql/quote.ts'
import { withObjects } from './belongings.ts'
import { afterCommit, type ClientObjects } from './client-objects.ts'
import { commitActions, type CommitContext } from './commit-procedure.ts'
import { READ_ONLY } from './materialize.ts'
import { GUARD } from './reserved-names.ts'
import { commitChecks } from './schema.ts'
import type { TransactionState } from './state.ts'

/** The statements of the commit of a block or region. */
export function commitStatements(state: TransactionState): string[] {
  const due = checks(state)
  const { access, isReadOnly } = accessOfCommit(state, due.length > 0)
  return [...access, ...due, ...actionsOfCommit(state, isReadOnly)]
}

function checks({ block, region, schema, setsConstraints }: TransactionState): string[] {
  const { wrote, queried: hasQueried } = block ?? region!
  return setsConstraints || (wrote && hasQueried) ? commitChecks(schema) : []
}

/** READ ONLY that was chosen in a savepoint ends with it, before the checks. */
function accessOfCommit(
  { block, region, client }: TransactionState,
  hasChecks: boolean,
): { readonly access: string[]; readonly isReadOnly: boolean } {
  const outermost = block?.savepoints[0]
  const { modes, isReadOnly } = outermost ?? block ?? region!
  if (outermost !== undefined && block?.isReadOnly && !isReadOnly)
    return { access: [`RELEASE SAVEPOINT ${quoteIdentifier(outermost.name)}`], isReadOnly: false }
  // READ ONLY lets nobody drop a table, as the server itself does all the same.
  return hasChecks && modes.readOnly && !isReadOnly && !drops(client.objects)
    ? { access: [READ_ONLY], isReadOnly: true }
    : { access: [], isReadOnly }
}

/** What the commit does itself; where READ ONLY is in force, what it forbids comes when its savepoint has ended. */
function actionsOfCommit(state: TransactionState, isReadOnly: boolean): string[] {
  const { objects } = state.client
  if (!isReadOnly || !drops(objects)) return commitActions(objects, commitContext(state, isReadOnly))
  const actions = commitActions(objects, commitContext(state, false))
  return [`RELEASE SAVEPOINT ${GUARD}`, ...actions, `SAVEPOINT ${GUARD}`]
}

function drops({ tables }: ClientObjects): boolean {
  return [...tables.values()].includes('drop')
}

function commitContext({ block, region, schema }: TransactionState, isReadOnly: boolean): CommitContext {
  return { opensCursors: schema.opensCursors && (block ?? region)?.wrote === true, isReadOnly }
}

/** After a commit: its notifications are to be delivered. */
export function sent(state: TransactionState): TransactionState {
  const { notifications } = state.client.objects
  const objects = afterCommit(state.client.objects)
  const client = withObjects(state.client, objects)
  if (notifications.length === 0) return client === state.client ? state : { ...state, client }
  const isHeard = objects.listening.size > 0
  const sentNow = notifications.map((notification) => ({ ...notification, isHeard }))
  return { ...state, client, outbox: [...state.outbox, ...sentNow] }
}
