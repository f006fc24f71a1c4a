import { notNames } from './keywords.ts'
import { type LexerOptions, type Token, tokenize } from './lexer.ts'
import { foldCase, quotedName, stringValue, truncateName } from './literals.ts'

/**
 * Reads one statement from left to right, in the terms of the server's grammar. What accepts something moves past it;
 * what does not find it stays where it is.
 *
 * @example
 * const reader = new TokenReader('release Savepoint "A"')
 * reader.accept('release', 'savepoint') && reader.name() // 'A'
 */
export class TokenReader {
  readonly tokens: readonly Token[]
  at = 0
  readonly #sql: string
  readonly #standardConformingStrings: boolean

  constructor(sql: string, options: LexerOptions = {}) {
    this.#sql = sql
    this.#standardConformingStrings = options.standardConformingStrings !== false
    this.tokens = tokenize(sql, options)
  }

  /** No token is left. */
  get done(): boolean {
    return this.at >= this.tokens.length
  }

  /** The text of the token at an index, empty beyond the ends. */
  text(index: number = this.at): string {
    const token = this.tokens[index]
    return token ? this.#sql.slice(token.start, token.end) : ''
  }

  /** The folded word at an index; empty for a token of any other kind, so also for a quoted name. */
  word(index: number = this.at): string {
    return this.tokens[index]?.kind === 'word' ? foldCase(this.text(index)) : ''
  }

  /** Moves past these words when all of them follow. */
  accept(...expected: readonly string[]): boolean {
    for (let i = 0; i < expected.length; i++) if (this.word(this.at + i) !== expected[i]) return false
    this.at += expected.length
    return true
  }

  /** The first of these words that follows. */
  acceptOne<Word extends string>(...expected: readonly Word[]): Word | undefined {
    return expected.find((word) => this.accept(word))
  }

  /** Moves past a symbol or operator. */
  symbol(expected: string): boolean {
    const kind = this.tokens[this.at]?.kind
    const found = (kind === 'symbol' || kind === 'operator') && this.text() === expected
    if (found) this.at++
    return found
  }

  /** A name where the grammar says `ColId`: folded or unquoted properly, cut to 63 bytes. */
  name(): string | undefined {
    return notNames.has(this.word()) ? undefined : this.label()
  }

  /** A name where any keyword may stand too, as after a dot (`ColLabel`). */
  label(): string | undefined {
    const kind = this.tokens[this.at]?.kind
    if (kind !== 'word' && kind !== 'quotedIdentifier') return undefined
    const text = this.text(this.at++)
    if (kind === 'word') return truncateName(foldCase(text))
    if (text[0] === '"') return quotedName(text)
    const escape = this.#unicodeEscape()
    return escape === undefined ? undefined : quotedName(text, escape)
  }

  /** A name and what follows it after dots: `a.b` is `['a', 'b']`. */
  qualifiedName(): string[] | undefined {
    const parts = [this.name()]
    while (this.symbol('.')) parts.push(this.label())
    return parts.every((part) => part !== undefined) ? parts : undefined
  }

  /** The value of a string in any spelling. */
  string(): string | undefined {
    if (this.tokens[this.at]?.kind !== 'string') return undefined
    const text = this.text(this.at++)
    const unicode = text[0] === 'u' || text[0] === 'U'
    const escape = unicode ? this.#unicodeEscape() : '\\'
    return escape === undefined ? undefined : stringValue(text, this.#standardConformingStrings, escape)
  }

  /** The word or string that stands for a value. */
  wordOrString(): string | undefined {
    return this.string() ?? this.label()
  }

  /** `UESCAPE '!'` after U&"…" or U&'…'; undefined when it is there and not allowed. */
  #unicodeEscape(): string | undefined {
    if (!this.accept('uescape')) return '\\'
    const escape = this.text()[0] === 'u' || this.text()[0] === 'U' ? undefined : this.string()
    return escape?.length === 1 && !/[0-9a-fA-F+'"\s]/.test(escape) ? escape : undefined
  }
}
