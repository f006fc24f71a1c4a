/** What the statements of an extended-protocol unit are. Pure but for the names. */
import type { Frame } from '../protocol/frames.ts'
import { FRONTEND, parse, readBind, readParse } from '../protocol/frontend.ts'
import type { Command } from '../sql/command.ts'
import type { PreparedStatement } from './names.ts'
import type { Requester } from './unit.ts'

type Requested = Pick<Requester, 'names' | 'analyze' | 'preparedBefore'>

/** The command of a statement to prepare: exactly one, as the protocol wants it, or none at all. */
export function commandOf(sql: string, requester: Pick<Requester, 'analyze'>): Command {
  const { statements } = requester.analyze(sql)
  if (statements.length === 0) return { kind: 'read' }
  return statements.length === 1 ? statements[0]!.command : { kind: 'other' }
}

/** The statement a client means: prepared through us, or on its own connection before; else one the server will not know. */
export function statementNamed(name: string, requester: Requested): PreparedStatement {
  const { names } = requester
  const known = names.statements.get(name)
  if (known !== undefined) return known
  const wireName = names.statementName(name)
  const sql = requester.preparedBefore(name)
  if (sql === undefined) return { sql: '', command: { kind: 'other' }, wireName, parse: Buffer.alloc(0) }
  const statement = { sql, command: commandOf(sql, requester), wireName, parse: parse(wireName, sql) }
  names.statements.set(name, statement)
  return statement
}

/** Does the unit only read? Parse, Describe and Close alone do, too. */
export function onlyReads(frames: readonly Frame[], requester: Requested): boolean {
  const parsed = new Set<string>()
  return frames.every(({ type, bytes }) => {
    if (type === FRONTEND.parse) {
      const { name, sql } = readParse(bytes)
      parsed.add(name)
      return commandOf(sql, requester).kind === 'read'
    }
    if (type !== FRONTEND.bind) return type !== FRONTEND.functionCall
    const { statement } = readBind(bytes)
    return parsed.has(statement) || statementNamed(statement, requester).command.kind === 'read'
  })
}
