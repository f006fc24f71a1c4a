import { classify } from './classify.ts'
import type { Command } from './command.ts'
import type { LexerOptions } from './lexer.ts'
import { remembering } from './remembering.ts'
import { splitStatements } from './statements.ts'

/** A statement of the text and what it asks; offsets as in `splitStatements`. */
export type AnalyzedStatement = { readonly start: number; readonly end: number; readonly command: Command }

/** Everything the session needs to know of a text before it goes on the wire. */
export type Analysis = {
  readonly statements: readonly AnalyzedStatement[]
  /** May one of the statements open a transaction block? */
  readonly opensBlock: boolean
  /** Is the server asked to cancel what a client runs? */
  readonly cancels: boolean
}

const conforming = remembering((sql) => analyzeAnew(sql, {}))
const escaping = remembering((sql) => analyzeAnew(sql, { standardConformingStrings: false }))

/**
 * Splits a text and classifies its statements. Texts of up to 8192 characters are remembered, at least the last 500 used.
 *
 * @example
 * analyze('begin; select 1').statements.map((s) => s.command.kind) // ['begin', 'read']
 */
export function analyze(sql: string, options: LexerOptions = {}): Analysis {
  return options.standardConformingStrings === false ? escaping(sql) : conforming(sql)
}

function analyzeAnew(sql: string, options: LexerOptions): Analysis {
  const statements = splitStatements(sql, options).map(({ start, end }) => ({
    start,
    end,
    command: classify(sql.slice(start, end), options),
  }))
  return {
    statements,
    opensBlock: statements.some(({ command }) => opensBlock(command)),
    cancels: /pg_cancel_backend/i.test(sql),
  }
}

function opensBlock(command: Command): boolean {
  return command.kind === 'begin' || ('chain' in command && command.chain)
}
