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
import { quoteLiteral } from './quote.ts'
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
  /** Statements that put in force what the text was read by, where it would be other statements by other settings. */
  readonly assumes?: readonly string[]
}

/** What the server reads the text by. */
export interface ReadBy extends LexerOptions {
  /** The client's, as the server names it. */
  readonly encoding?: string | undefined
}

const conforming = remembering((sql) => analyzeAnew(sql, {}))
const escaping = remembering((sql) => analyzeAnew(sql, { standardConformingStrings: false }))

/**
 * Splits a text and classifies its statements. Texts of up to 8192 characters are remembered, at least the last 500 used.
 *
 * @example
 * analyze('begin; select 1').statements.map((s) => s.command.kind) // ['begin', 'read']
 */
export function analyze(sql: string, options: ReadBy = {}): Analysis {
  const analysis = options.standardConformingStrings === false ? escaping(sql) : conforming(sql)
  const { assumes } = analysis
  if (assumes === undefined || options.encoding === undefined || !SWALLOWING.test(sql)) return analysis
  return { ...analysis, assumes: [...assumes, `SET client_encoding = ${quoteLiteral(options.encoding)}`] }
}

/**
 * In some encodings the last byte of a character and the backslash behind it are a character; one that was read so is escaped
 * (protocol/escaped-text.ts).
 */
const SWALLOWING = /[^\0-\x7f]\\|\udc5c/

function analyzeAnew(sql: string, options: LexerOptions): Analysis {
  const statements = splitStatements(sql, options).map(({ start, end }) => ({
    start,
    end,
    command: classify(sql.slice(start, end), options),
  }))
  const analysis = {
    statements,
    opensBlock: statements.some(({ command }) => opensBlock(command)),
    cancels: /pg_cancel_backend/i.test(sql),
  }
  if (!SWALLOWING.test(sql) && isReadAlike(sql, statements, options)) return analysis
  const value = options.standardConformingStrings === false ? 'off' : 'on'
  return { ...analysis, assumes: [`SET standard_conforming_strings = ${value}`] }
}

/** Are the statements the same whether a backslash is one or escapes? */
function isReadAlike(
  sql: string,
  statements: readonly AnalyzedStatement[],
  { standardConformingStrings = true }: LexerOptions,
): boolean {
  if (!sql.includes('\\')) return true
  const others = splitStatements(sql, { standardConformingStrings: !standardConformingStrings })
  return (
    others.length === statements.length &&
    others.every(({ start, end }, i) => start === statements[i]!.start && end === statements[i]!.end)
  )
}

function opensBlock(command: Command): boolean {
  return command.kind === 'begin' || ('chain' in command && command.chain)
}
