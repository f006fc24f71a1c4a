import { classify } from './classify.ts'
import type { Command } from './command.ts'
import type { LexerOptions } from './lexer.ts'
import { splitStatements } from './statements.ts'

/** A statement of the text and what it asks; offsets as in `splitStatements`. */
export type AnalyzedStatement = { readonly start: number; readonly end: number; readonly command: Command }

/** Everything the session needs to know of a text before it goes on the wire. */
export type Analysis = { readonly statements: readonly AnalyzedStatement[] }

const ENTRIES = 1000
const LONGEST = 8192
const remembered = new Map<string, Analysis>()

/**
 * Splits a text and classifies its statements. Texts of up to 8192 characters are remembered, the last 1000 used.
 *
 * @example
 * analyze('begin; select 1').statements.map((s) => s.command.kind) // ['begin', 'read']
 */
export function analyze(sql: string, options: LexerOptions = {}): Analysis {
  if (sql.length > LONGEST) return analyzeAnew(sql, options)
  const key = (options.standardConformingStrings === false ? '\\' : ' ') + sql
  const known = remembered.get(key)
  if (known) remembered.delete(key)
  else if (remembered.size >= ENTRIES) remembered.delete(remembered.keys().next().value!)
  const analysis = known ?? analyzeAnew(sql, options)
  remembered.set(key, analysis)
  return analysis
}

function analyzeAnew(sql: string, options: LexerOptions): Analysis {
  return {
    statements: splitStatements(sql, options).map(({ start, end }) => ({
      start,
      end,
      command: classify(sql.slice(start, end), options),
    })),
  }
}
