/**
 * Where a text of SQL has secrets: the strings and parameters that belong to a secret name, and those that functions of
 * passwords take.
 *
 * `hideSecrets` asks for the strings, the log of SQL for the parameters. Without the file, an error that quotes
 * `insert into users (email, password) values (…)` would show the password. Nothing is sent by what is found here, so that
 * a text which the server would refuse need not be understood.
 */
import { type LexerOptions, type Token, tokenize } from './lexer.ts'
import { foldCase, quotedName, stringValue } from './literals.ts'
import { isSecretName } from './secret-names.ts'

export interface SecretPlaces {
  readonly strings: readonly Token[]
  /** The numbers of parameters: 1 for `$1`. */
  readonly parameters: ReadonlySet<number>
}

/** The value of a parameter, where that is known: the first of `set_config` tells what the second is. */
export type ValueOf = (parameter: number) => string | null | undefined

/**
 * Which values of a name are secrets. Of the name `key` alone, parameters: what is written into the text of a statement is
 * the name of an entry, as in `where key = 'theme'`, since nobody writes a key into the source.
 */
type Secrecy = 'none' | 'parameters' | 'all'

/** A pair of parentheses or brackets. */
interface Frame {
  /** Of its members, by their places. */
  readonly members: readonly Secrecy[]
  /** Do all members have that of the first, as in `token IN ('a', 'b')`? */
  readonly areAlike: boolean
  /** The function whose arguments they are; empty for none. */
  readonly name: string
  index: number
  /** The columns that it lists, as long as it lists nothing but names. */
  listed: Secrecy[] | undefined
}

/** A list of columns, and how deep in parentheses it and its values stand. */
interface Columns {
  readonly members: readonly Secrecy[]
  readonly depth: number
}

/** Between a name and its value. */
const GLUE = setOf('all any array cast distinct encrypted ilike in like n nchar not row some to')
/** Whose every argument is a value of the name before them. */
const ALIKE = setOf('all any array coalesce concat greatest in least nullif row some')
/** Between a list of columns and its values. */
const BEFORE_VALUES = setOf('overriding system user value values row')

/** The secrecy of their arguments, by their places. */
const FUNCTIONS: ReadonlyMap<string, readonly Secrecy[]> = new Map([
  ...named('crypt encrypt encrypt_iv decrypt decrypt_iv hmac', ['all', 'all']),
  ...named('pgp_sym_encrypt pgp_sym_encrypt_bytea pgp_sym_decrypt pgp_sym_decrypt_bytea', ['all', 'all']),
  ...named('digest pgp_pub_encrypt pgp_pub_encrypt_bytea', ['all']),
  ...named('pgp_pub_decrypt pgp_pub_decrypt_bytea', ['none', 'all', 'all']),
  ...named('gen_salt', ['none']),
])

function setOf(words: string): ReadonlySet<string> {
  return new Set(words.split(' '))
}

function named(names: string, places: readonly Secrecy[]): [string, readonly Secrecy[]][] {
  return names.split(' ').map((name) => [name, places])
}

/**
 * @example
 * secretPlaces("insert into users (email, password) values ($1, 'x')") // the string 'x'
 * secretPlaces('select * from users where token = $1') // the parameter 1
 */
export function secretPlaces(
  sql: string,
  options: LexerOptions = {},
  valueOf: ValueOf = () => undefined,
): SecretPlaces {
  const reader = new PlaceReader(sql, tokenize(sql, options), valueOf)
  reader.read()
  return reader
}

class PlaceReader implements SecretPlaces {
  readonly strings: Token[] = []
  readonly parameters = new Set<number>()
  readonly #sql: string
  readonly #tokens: readonly Token[]
  readonly #valueOf: ValueOf
  #frames: Frame[] = [frameOf()]
  /** Of the next value. */
  #secrecy: Secrecy = 'none'
  /** Until their values have come. */
  #columns: Columns | undefined

  constructor(sql: string, tokens: readonly Token[], valueOf: ValueOf) {
    this.#sql = sql
    this.#tokens = tokens
    this.#valueOf = valueOf
  }

  read(): void {
    for (let at = 0; at < this.#tokens.length; at += 1) {
      const { kind } = this.#tokens[at]!
      if (kind === 'word' || kind === 'quotedIdentifier') this.#readName(at)
      else if (this.#isValue(at)) this.#readValue(at)
      else if (kind === 'symbol') this.#readSymbol(this.#text(at), at)
    }
  }

  get #frame(): Frame {
    return this.#frames.at(-1)!
  }

  #readName(at: number): void {
    // A type says nothing of what a value is.
    if (this.#text(at - 1) === '::') return
    const word = this.#word(at)
    const isCall = this.#text(at + 1) === '('
    if (word !== '' && !isCall && this.#readKeyword(word)) return
    if (isCall || GLUE.has(word) || this.#isDistinctFrom(word, at)) return
    this.#secrecy = secrecyOf(this.#name(at))
    const { listed, index } = this.#frame
    if (listed !== undefined) listed[index] = this.#secrecy
    if (this.#secrecy !== 'none') this.#markBefore(at)
  }

  /** What a word says of the columns that are listed. Does it begin their values, as in `insert into t (a, b) select 'x', 'y'`? */
  #readKeyword(word: string): boolean {
    const columns = this.#columns
    if (columns?.depth !== this.#frames.length || BEFORE_VALUES.has(word)) return false
    this.#columns = undefined
    if (word !== 'select') return false
    this.#frames.splice(-1, 1, frameOf(columns.members))
    this.#secrecy = columns.members[0] ?? 'none'
    return true
  }

  #isDistinctFrom(word: string, at: number): boolean {
    return word === 'from'
      ? this.#word(at - 1) === 'distinct'
      : word === 'is' && /^(?:distinct|not)$/.test(this.#word(at + 1))
  }

  /** `'x' AS password`, `$1::text = token` */
  #markBefore(at: number): void {
    if (this.#text(at - 1) !== '=' && this.#word(at - 1) !== 'as') return
    const value = this.#text(at - 3) === '::' ? at - 4 : at - 2
    if (this.#isValue(value)) this.#mark(value)
  }

  #readValue(at: number): void {
    this.#frame.listed = undefined
    this.#mark(at)
  }

  #readSymbol(symbol: string, at: number): void {
    if (symbol === '(' || symbol === '[') this.#enter(at)
    else if (symbol === ')' || symbol === ']') this.#leave()
    else if (symbol === ',') {
      this.#frame.index += 1
      this.#secrecy = this.#secrecyOfMember(at)
    } else if (symbol === ';') {
      this.#frames = [frameOf()]
      this.#secrecy = 'none'
      this.#columns = undefined
    }
  }

  #enter(at: number): void {
    const name = this.#word(at - 1)
    const listed = this.#columns?.depth === this.#frames.length ? this.#columns.members : undefined
    const isRow = name === 'values' || name === 'row' || /^[,=]$/.test(this.#text(at - 1))
    const members = (isRow ? listed : undefined) ?? FUNCTIONS.get(name) ?? [this.#secrecy]
    const areAlike = this.#secrecy !== 'none' && (ALIKE.has(name) || this.#text(at) === '[')
    this.#frames.push({ ...frameOf(members), areAlike, name })
    this.#secrecy = members[0] ?? 'none'
  }

  #leave(): void {
    const { listed } = this.#frame
    if (this.#frames.length > 1) this.#frames.pop()
    if (listed !== undefined && listed.length > 0)
      this.#columns = { members: listed, depth: this.#frames.length }
    // lower(password) = 'x'
    this.#secrecy = listed?.length === 1 ? listed[0]! : 'none'
  }

  #secrecyOfMember(at: number): Secrecy {
    const { members, index, name, areAlike } = this.#frame
    if (areAlike) return members[0]!
    if (name === 'set_config' && index === 1 && this.#isValue(at - 1)) return secrecyOf(this.#known(at - 1))
    return members[index] ?? 'none'
  }

  #mark(at: number): void {
    const token = this.#tokens[at]!
    if (token.kind === 'parameter' && this.#secrecy !== 'none') this.parameters.add(this.#number(at))
    if (token.kind === 'string' && this.#secrecy === 'all') this.strings.push(token)
  }

  /** The value of a string, or of a parameter where that is known. */
  #known(at: number): string {
    const isString = this.#tokens[at]!.kind === 'string'
    return (isString ? stringValue(this.#text(at)) : this.#valueOf(this.#number(at))) ?? ''
  }

  #number(at: number): number {
    return Number(this.#text(at).slice(1))
  }

  #isValue(at: number): boolean {
    const kind = this.#tokens[at]?.kind
    return kind === 'string' || kind === 'parameter'
  }

  #text(at: number): string {
    const token = this.#tokens[at]
    return token === undefined ? '' : this.#sql.slice(token.start, token.end)
  }

  /** Empty for what is no word, and for a quoted name. */
  #word(at: number): string {
    return this.#tokens[at]?.kind === 'word' ? foldCase(this.#text(at)) : ''
  }

  /** As it is written: where letters are folded, the words of `apiKey` could not be told apart. */
  #name(at: number): string {
    const text = this.#text(at)
    return this.#tokens[at]!.kind === 'word' ? text : (quotedName(text) ?? '')
  }
}

function frameOf(members: readonly Secrecy[] = []): Frame {
  return { members, areAlike: false, name: '', index: 0, listed: [] }
}

function secrecyOf(name: string): Secrecy {
  if (!isSecretName(name)) return 'none'
  return foldCase(name) === 'key' ? 'parameters' : 'all'
}
