/**
 * The tags of commands that begin or end the real transaction. The sandbox itself answers such commands of a client, so when
 * the server completes one, something has ended the test's transaction unseen. Called by RunningExchange with each tag.
 */
import { readTag } from '../protocol/backend.ts'

/** The tag of a CommandComplete, where it is that of such a command. */
export function transactionTag(bytes: Buffer): string | undefined {
  if (!FIRST_LETTERS.has((bytes[TAG]! << 8) | bytes[TAG + 1]!)) return undefined
  const tag = bytes.length <= LONGEST_TAG ? readTag(bytes) : ''
  return TRANSACTION_TAGS.has(tag) ? tag : undefined
}

const TRANSACTION_TAGS: ReadonlySet<string> = new Set([
  'BEGIN',
  'START TRANSACTION',
  'COMMIT',
  'PREPARE TRANSACTION',
])
const LONGEST_TAG = 26
/** Where the tag stands in its message, and the first two letters of those: most tags need not be read. */
const TAG = 5
const FIRST_LETTERS: ReadonlySet<number> = new Set(
  [...TRANSACTION_TAGS].map((tag) => Buffer.from(tag).readUInt16BE(0)),
)
