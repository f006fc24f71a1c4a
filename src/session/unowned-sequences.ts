/** Sequences that the user who has logged in may not alter, so that a rollback does not undo what is drawn from them. */
import type { Sequence } from './sequences.ts'
import { warn } from '../warning.ts'

let warned = false

/** Once: who counts on the ids shall know why they go on. */
export function warnOfUnowned(sequences: readonly Sequence[]): void {
  if (warned || sequences.length === 0) return
  warned = true
  warn('PG_SANDBOX_UNOWNED_SEQUENCE', unownedSequences(sequences))
}

function unownedSequences(sequences: readonly Sequence[]): string {
  return (
    `The ids of these sequences go on from test to test: ${sequences.map(({ name }) => name).join(', ')}.\n\n` +
    "deterministicIds alters a sequence in the test's transaction, and only its owner may do so.\n\n" +
    'Connect in tests as the owner, or make its role a member: GRANT owner TO user.'
  )
}
