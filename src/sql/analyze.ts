/**
 * A text of a client as its statements, with what each of them asks.
 *
 * The way into the room sql/, which imports nothing: a text is cut into statements (lexer, statements), each is classified
 * (classify and the files of its commands), and what a text may do besides is read from it (traces). A virtual connection
 * calls this once for each text. Without the room a COMMIT of the application would be the end of the test's transaction.
 */
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
  return { statements, opensBlock: statements.some(({ command }) => opensBlock(command)) }
}

function opensBlock(command: Command): boolean {
  return command.kind === 'begin' || ('chain' in command && command.chain)
}
