import { Lexer, type LexerOptions } from './lexer.ts'

/** Where a statement stands in the text: UTF-16 offsets of its first token and after its last, without the semicolon. */
export type StatementRange = { readonly start: number; readonly end: number }

/**
 * The statements of a text, without the empty ones.
 *
 * @example
 * splitStatements('begin; ; select 1 -- x') // [{ start: 0, end: 5 }, { start: 9, end: 17 }]
 */
export function splitStatements(sql: string, options: LexerOptions = {}): StatementRange[] {
  const lexer = new Lexer(sql, options)
  const body = new RoutineBody()
  const statements: StatementRange[] = []
  let parentheses = 0
  let start = -1
  let end = -1
  while (lexer.next()) {
    const symbol = lexer.kind === 'symbol' ? sql[lexer.start] : undefined
    if (symbol === ';' && parentheses === 0) {
      body.semicolon()
      if (body.depth === 0) {
        if (start >= 0) statements.push({ start, end })
        start = -1
        continue
      }
    } else {
      // Within CREATE RULE … DO (a; b) a semicolon divides the actions of one statement.
      if (symbol === '(') parentheses++
      else if (symbol === ')' && parentheses > 0) parentheses--
      body.token(lexer.kind === 'word' && parentheses === 0 ? keyword(sql, lexer.start, lexer.end) : '')
    }
    if (start < 0) start = lexer.start
    end = lexer.end
  }
  if (start >= 0) statements.push({ start, end })
  return statements
}

/** The longest word that matters to a routine's body is `procedure`. */
function keyword(sql: string, start: number, end: number): string {
  return end - start > 9 ? '' : sql.slice(start, end).toLowerCase()
}

/**
 * Follows `CREATE FUNCTION … BEGIN ATOMIC a; b; END`. The words of a CASE need no count: in the server's grammar the body's own
 * END comes straight after a semicolon or after ATOMIC, where no statement of a body can begin with that word.
 */
class RoutineBody {
  /** How many bodies are open; one can hold the creation of another. */
  depth = 0
  #state: 'start' | 'create' | 'or' | 'replace' | 'routine' | 'begin' | 'rest' = 'start'

  semicolon(): void {
    this.#state = 'start'
  }

  token(word: string): void {
    switch (this.#state) {
      case 'start':
        if (word === 'end' && this.depth > 0) {
          this.depth--
          this.#state = 'rest'
        } else this.#state = word === 'create' ? 'create' : 'rest'
        break
      case 'create':
        this.#state = word === 'or' ? 'or' : isRoutine(word) ? 'routine' : 'rest'
        break
      case 'or':
        this.#state = word === 'replace' ? 'replace' : 'rest'
        break
      case 'replace':
        this.#state = isRoutine(word) ? 'routine' : 'rest'
        break
      case 'routine':
      case 'begin':
        this.#afterBegin(word)
    }
  }

  #afterBegin(word: string): void {
    if (this.#state === 'begin' && word === 'atomic') {
      this.depth++
      this.#state = 'start'
    } else this.#state = word === 'begin' ? 'begin' : 'routine'
  }
}

function isRoutine(word: string): boolean {
  return word === 'function' || word === 'procedure'
}
