/**
 * Statements that change what all databases of a server have in common: roles, databases, tablespaces, settings of the server,
 * replication. With isolation: 'database' a test commits for real, and its clone does not take such a change with it; so
 * private-databases/ asks here before a statement is run. What a function does when it is called stays unseen.
 */
import type { LexerOptions } from './lexer.ts'
import { words } from './keywords.ts'
import { TokenReader } from './token-reader.ts'

/** Does the statement change what belongs to the whole server? */
export function isOfCluster(statement: string, options: LexerOptions = {}): boolean {
  if (!MAY_BE.test(statement)) return false
  const reader = new TokenReader(statement, options)
  const first = reader.word()
  if (first === 'do') return IN_BODY.test(statement)
  if (first === 'grant' || first === 'revoke') return isGrantOfCluster(reader)
  return definesClusterObject(reader) || callsForReplication(reader)
}

/** Most texts have none of these words. */
const MAY_BE =
  /\b(?:role|user|group|database|tablespace|subscription|system|owned|grant|revoke|prepared|transaction)\b|replication_(?:slot|origin)/i

/** In the body of a DO block, which is a string. */
const IN_BODY =
  /\b(?:create|alter|drop)\s+(?:role|user(?!\s+mapping)|group|database|tablespace|subscription|system)\b|replication_(?:slot|origin)/i

const OBJECTS = words('role group database tablespace subscription')

function definesClusterObject(reader: TokenReader): boolean {
  const [first, second, third] = [reader.word(0), reader.word(1), reader.word(2)]
  switch (first) {
    case 'create':
    case 'alter':
    case 'drop':
      if (second === 'user') return third !== 'mapping'
      return (
        OBJECTS.has(second) ||
        (first === 'alter' && second === 'system') ||
        (first === 'drop' && second === 'owned')
      )
    case 'reassign':
      return second === 'owned'
    case 'comment':
      return OBJECTS.has(third)
    case 'security':
      return reader.tokens.some((_, at) => reader.word(at) === 'on' && OBJECTS.has(reader.word(at + 1)))
    case 'prepare':
      return second === 'transaction'
    case 'commit':
    case 'rollback':
      return second === 'prepared'
    default:
      return false
  }
}

/** Rights to a table are its database's own; membership of a role, and rights to what is the server's, are not. */
function isGrantOfCluster(reader: TokenReader): boolean {
  for (let at = 1; at < reader.tokens.length; at += 1) {
    const word = reader.word(at)
    if (word === 'on') return ['database', 'tablespace', 'parameter'].includes(reader.word(at + 1))
    if (word === 'to' || word === 'from') return true
  }
  return false
}

const REPLICATION =
  /^pg_(?:create|copy|drop)_(?:physical_|logical_)?replication_slot$|^pg_replication_origin_(?:create|drop)$/

function callsForReplication(reader: TokenReader): boolean {
  return reader.tokens.some((_, at) => REPLICATION.test(reader.word(at)) && reader.text(at + 1) === '(')
}
