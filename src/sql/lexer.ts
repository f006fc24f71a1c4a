import {
  BACKSLASH,
  BLANK,
  commentStarts,
  DIGIT,
  is,
  isSign,
  LETTER,
  lineEnd,
  OPERATOR,
  QUOTE,
  runEnd,
  skipBlank,
  WORD,
} from './characters.ts'

/**
 * Cuts SQL into tokens where PostgreSQL's own scanner (src/backend/parser/scan.l, versions 15 to 18) cuts it.
 * Never throws: what is not terminated reaches to the end of the text, and the server will reject it.
 */

/** What a token is. A string of any spelling but B'' and X'' is `string`; punctuation and stray characters are `symbol`, a `comment` is one that does not end. */
export type TokenKind =
  | 'word'
  | 'quotedIdentifier'
  | 'string'
  | 'bitString'
  | 'number'
  | 'parameter'
  | 'operator'
  | 'comment'
  | 'symbol'

/** `start` and `end` are UTF-16 offsets, `end` exclusive. */
export type Token = { readonly kind: TokenKind; readonly start: number; readonly end: number }

/** `standardConformingStrings` (default true) is the server's setting when it receives the whole text. */
export type LexerOptions = { readonly standardConformingStrings?: boolean }

/**
 * Reads one token after the other without making an object of each.
 *
 * @example
 * const lexer = new Lexer('select 1')
 * while (lexer.next()) console.log(lexer.kind, lexer.start, lexer.end) // word 0 6, number 7 8
 */
export class Lexer {
  kind: TokenKind = 'symbol'
  start = 0
  end = 0
  readonly #sql: string
  readonly #backslashes: boolean
  /** Up to here every `+` and `-` is a token by itself; without this memory a long run of them would take quadratic time. */
  #signsUntil = 0

  constructor(sql: string, options: LexerOptions = {}) {
    this.#sql = sql
    this.#backslashes = options.standardConformingStrings === false
  }

  /** Moves to the next token; false at the end of the text. */
  next(): boolean {
    const sql = this.#sql
    const start = skipBlank(sql, this.end)
    this.start = start
    if (start >= sql.length) {
      this.end = sql.length
      return false
    }
    // Only a block comment that does not end is left here; as a token it keeps a COMMIT in front of it from being taken for one.
    if (commentStarts(sql, start)) this.#take('comment', sql.length)
    else if (is(sql, start, LETTER)) this.#wordOrPrefix(start)
    else if (is(sql, start, DIGIT)) this.#take('number', numberEnd(sql, start))
    else if (is(sql, start, OPERATOR)) this.#take('operator', this.#operatorEnd(start))
    else this.#punctuation(start)
    return true
  }

  #take(kind: TokenKind, end: number): void {
    this.kind = kind
    this.end = end
  }

  #wordOrPrefix(start: number): void {
    const sql = this.#sql
    const next = sql[start + 1]
    if (next === "'") {
      const prefix = sql[start]
      if (prefix === 'e' || prefix === 'E') return this.#take('string', stringEnd(sql, start + 2, true))
      if (prefix === 'b' || prefix === 'B' || prefix === 'x' || prefix === 'X')
        return this.#take('bitString', bitStringEnd(sql, start + 2))
    } else if (next === '&' && (sql[start] === 'u' || sql[start] === 'U')) {
      if (sql[start + 2] === "'") return this.#take('string', stringEnd(sql, start + 3, false))
      if (sql[start + 2] === '"') return this.#take('quotedIdentifier', quotedIdentifierEnd(sql, start + 3))
    }
    // N'…' too comes here: to Postgres it is the word NCHAR in front of an ordinary string.
    this.#take('word', runEnd(sql, start + 1, WORD))
  }

  #punctuation(start: number): void {
    const sql = this.#sql
    const first = sql[start]
    const next = sql[start + 1]
    if (first === "'") return this.#take('string', stringEnd(sql, start + 1, this.#backslashes))
    if (first === '"') return this.#take('quotedIdentifier', quotedIdentifierEnd(sql, start + 1))
    if (first === '$') return this.#dollar(start)
    if (first === '.' && is(sql, start + 1, DIGIT)) return this.#take('number', numberEnd(sql, start))
    const double = (first === ':' && (next === ':' || next === '=')) || (first === '.' && next === '.')
    this.#take('symbol', start + (double ? 2 : 1))
  }

  #dollar(start: number): void {
    const sql = this.#sql
    if (is(sql, start + 1, DIGIT)) return this.#take('parameter', runEnd(sql, start + 1, DIGIT))
    const tagEnd = runEnd(sql, start + 1, LETTER | DIGIT)
    if (sql[tagEnd] !== '$') return this.#take('symbol', start + 1)
    const delimiter = sql.slice(start, tagEnd + 1)
    const close = sql.indexOf(delimiter, tagEnd + 1)
    this.#take('string', close < 0 ? sql.length : close + delimiter.length)
  }

  /** An operator of several characters may end in + or - only when it has one of ~!@#^&|`?% (so that `a=-1` is what it seems). */
  #operatorEnd(start: number): number {
    const sql = this.#sql
    if (start < this.#signsUntil) return start + 1
    let end = start
    let free = false
    while (is(sql, end, OPERATOR) && !commentStarts(sql, end))
      free = '~!@#^&|`?%'.includes(sql[end++]!) || free
    if (free || end === start + 1 || !isSign(sql, end - 1)) return end
    this.#signsUntil = end
    while (end > start + 1 && isSign(sql, end - 1)) end--
    return end
  }
}

/**
 * All tokens of a text; comments and white space are left out.
 *
 * @example
 * tokenize('a$b -- c') // [{ kind: 'word', start: 0, end: 3 }]
 */
export function tokenize(sql: string, options: LexerOptions = {}): Token[] {
  const lexer = new Lexer(sql, options)
  const tokens: Token[] = []
  while (lexer.next()) tokens.push({ kind: lexer.kind, start: lexer.start, end: lexer.end })
  return tokens
}

/**
 * Where the next part of a string begins ('a' and, after a line break, 'b' are one string): the offset after its opening
 * quote, or -1 if nothing continues. `from` is the offset after a closing quote.
 */
export function stringContinuation(sql: string, from: number): number {
  let at = from
  let newline = false
  for (;;) {
    if (is(sql, at, BLANK)) newline = sql[at] === '\n' || sql[at] === '\r' || newline
    else if (sql[at] === '-' && sql[at + 1] === '-') at = lineEnd(sql, at) - 1
    else break
    at++
  }
  return newline && sql.charCodeAt(at) === QUOTE ? at + 1 : -1
}

function stringEnd(sql: string, from: number, backslashes: boolean): number {
  let at = from
  while (at < sql.length) {
    at = backslashes ? quoteOrBackslash(sql, at) : sql.indexOf("'", at)
    if (at < 0 || at >= sql.length) return sql.length
    if (sql.charCodeAt(at) === BACKSLASH || sql.charCodeAt(at + 1) === QUOTE) {
      at += 2
      continue
    }
    const more = stringContinuation(sql, at + 1)
    if (more < 0) return at + 1
    at = more
  }
  return sql.length
}

function quoteOrBackslash(sql: string, from: number): number {
  let at = from
  while (at < sql.length && sql.charCodeAt(at) !== QUOTE && sql.charCodeAt(at) !== BACKSLASH) at++
  return at
}

/** In B'…' and X'…' two quotes are not one: the string ends and another begins. */
function bitStringEnd(sql: string, from: number): number {
  let at = from
  for (;;) {
    const close = sql.indexOf("'", at)
    if (close < 0) return sql.length
    at = stringContinuation(sql, close + 1)
    if (at < 0) return close + 1
  }
}

function quotedIdentifierEnd(sql: string, from: number): number {
  let at = sql.indexOf('"', from)
  while (at >= 0 && sql[at + 1] === '"') at = sql.indexOf('"', at + 2)
  return at < 0 ? sql.length : at + 1
}

function numberEnd(sql: string, start: number): number {
  let at = digitsEnd(sql, start)
  if (sql[at] === '.' && sql[at + 1] !== '.') at = digitsEnd(sql, at + 1)
  if (sql[at] === 'e' || sql[at] === 'E') {
    const digits = at + (isSign(sql, at + 1) ? 2 : 1)
    if (is(sql, digits, DIGIT)) at = digitsEnd(sql, digits)
  }
  return junkEnd(sql, at)
}

function digitsEnd(sql: string, from: number): number {
  let at = runEnd(sql, from, DIGIT)
  while (at > from && sql[at] === '_' && is(sql, at + 1, DIGIT)) at = runEnd(sql, at + 1, DIGIT)
  return at
}

/** The rest of 0x1F, and of what the server refuses as trailing junk, as in 1a. */
function junkEnd(sql: string, from: number): number {
  return is(sql, from, LETTER) ? runEnd(sql, from, WORD) : from
}
