/** What the options add to a transaction: a schema of its own, sequences that go back. */
import { randomBytes } from 'node:crypto'
import type { SandboxOptions } from '../options.ts'
import { SEARCH_PATH, withSchemaFirst } from '../transaction/search-path.ts'
import { sequencesIn, type Sequence } from '../transaction/sequences.ts'
import { isMaterialized, type TransactionState } from '../transaction/state.ts'
import { warnOfUnownedSequences } from '../warnings.ts'
import { writingTexts } from '../exchange/unit.ts'
import type { Unit } from './unit.ts'

/** The state in which a unit is to run, by the options as they are now. */
export function arrange(
  state: TransactionState,
  unit: Unit,
  { deterministicIds, isolation }: SandboxOptions,
): TransactionState {
  const isPlain =
    isolation !== 'schema' &&
    !deterministicIds &&
    state.sandboxSchema === undefined &&
    state.drawn.length === 0 &&
    !state.client.settings.has(SEARCH_PATH)
  if (isPlain) return state
  const sandboxSchema = schemaFor(state, isolation)
  const settings = withSchemaFirst(state.client.settings, sandboxSchema)
  const drawn = deterministicIds ? drawnBy(unit, state) : []
  const isArranged =
    settings === state.client.settings &&
    sandboxSchema === state.sandboxSchema &&
    drawn.length + state.drawn.length === 0
  return isArranged ? state : { ...state, client: { ...state.client, settings }, sandboxSchema, drawn }
}

/** The real transaction begins with it or never has it. */
function schemaFor(state: TransactionState, isolation: SandboxOptions['isolation']): string | undefined {
  if (isMaterialized(state)) return state.sandboxSchema
  // No name that needs quotes, as an application may put together SQL with its current_schema().
  return isolation === 'schema'
    ? (state.sandboxSchema ?? `sandbox_${randomBytes(8).toString('hex')}`)
    : undefined
}

function drawnBy(unit: Unit, { schema }: TransactionState): Sequence[] {
  if (schema.sequences === undefined) return []
  const drawn = sequencesIn(writingTexts(unit), schema.sequences)
  warnOfUnownedSequences(drawn.flatMap(({ isOwned, name }) => (isOwned ? [] : [name])))
  return drawn.filter(({ isOwned }) => isOwned)
}
