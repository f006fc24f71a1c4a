import type { Command, NotifyCall } from './command.ts'
import { argument, certainCalls, textLiteral } from './set-config.ts'
import type { TokenReader } from './token-reader.ts'

/** A SELECT that calls `pg_notify` for certain, with arguments that are written out or parameters; else undefined. */
export function selectNotify(reader: TokenReader): Command | undefined {
  const calls = certainCalls(reader, 'pg_notify', notifyCall)
  return calls && { kind: 'selectNotify', calls }
}

function notifyCall(reader: TokenReader): NotifyCall | undefined {
  const channel = argument(reader, textLiteral)
  const payload = reader.symbol(',') ? argument(reader, textLiteral) : undefined
  return channel && payload && reader.symbol(')') ? { channel, payload } : undefined
}
