/** What SET, SET LOCAL and RESET of the application change. Pure. */
import { onlySchema, SEARCH_PATH, withoutSchema, withSchemaBack } from './search-path.ts'
import { LOCAL, onlyRights, withoutSetting, withSetting } from './settings.ts'
import type { TransactionState } from './state.ts'

/** After SET: the virtual connection's own setting from now on. */
export function changeSetting(state: TransactionState, name: string, statement: string): TransactionState {
  return {
    ...state,
    own: withSetting(state.own, name, statement),
    inForce: withSetting(state.inForce, name, statement),
  }
}

/** After SET LOCAL: in force until the block ends, when it is put back. */
export function changeLocally(state: TransactionState, name: string, statement = ''): TransactionState {
  return { ...state, inForce: withSetting(state.inForce, name, LOCAL + statement) }
}

/**
 * After RESET of one setting, or of all: those of the start-up packet are put in force with the next statement, and with
 * them the schema that comes first in the path.
 */
export function resetSetting(state: TransactionState, name: string): TransactionState {
  const { own, inForce, startup } = state
  if (name === 'all') {
    const initially = new Map([...startup, ...onlyRights(own), ...onlySchema(own)])
    return { ...state, own: initially, inForce: onlyRights(inForce) }
  }
  const initial = startup.get(name)
  const without = withoutSetting(own, name)
  const isPath = name === SEARCH_PATH
  const initially = initial === undefined ? without : withSetting(without, name, initial)
  return {
    ...state,
    own: isPath ? withSchemaBack(initially) : initially,
    inForce: withoutSetting(isPath ? withoutSchema(inForce) : inForce, name),
  }
}
