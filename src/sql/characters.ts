/** Codes of two characters. */
export const QUOTE: number = 39
export const BACKSLASH: number = 92

/** Classes of characters, as bits; `WORD` is what may follow in a name. */
export const BLANK: number = 1
export const LETTER: number = 2
export const DIGIT: number = 4
export const OPERATOR: number = 8
export const WORD: number = LETTER | DIGIT | 16

const classes = new Uint8Array(128)
mark(' \t\n\r\f\v', BLANK)
mark('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_', LETTER)
mark('0123456789', DIGIT)
mark('~!@#^&|`?+-*/%<>=', OPERATOR)
mark('$', 16)

function mark(characters: string, bits: number): void {
  for (let i = 0; i < characters.length; i++) classes[characters.charCodeAt(i)]! |= bits
}

/** Whether the character at `at` is of the class. To Postgres every character beyond ASCII is a letter, a no-break space too. */
export function is(sql: string, at: number, bits: number): boolean {
  const code = sql.charCodeAt(at)
  return code < 128 ? (classes[code]! & bits) !== 0 : code >= 128 && (bits & LETTER) !== 0
}

/** The end of the run of characters of these classes. */
export function runEnd(sql: string, from: number, bits: number): number {
  let at = from
  while (is(sql, at, bits)) at++
  return at
}

/** `+` or `-`. */
export function isSign(sql: string, at: number): boolean {
  return sql[at] === '+' || sql[at] === '-'
}

/** `--` or the opening of a block comment. */
export function commentStarts(sql: string, at: number): boolean {
  return (sql[at] === '-' && sql[at + 1] === '-') || (sql[at] === '/' && sql[at + 1] === '*')
}

/** The offset after white space and comments; at a block comment that does not end it stays. */
export function skipBlank(sql: string, from: number): number {
  let at = from
  for (;;) {
    if (is(sql, at, BLANK)) at++
    else if (!commentStarts(sql, at)) return at
    else if (sql[at] === '-') at = lineEnd(sql, at)
    else {
      const end = commentEnd(sql, at)
      if (end < 0) return at
      at = end
    }
  }
}

/** The offset of the line break, or of the end of the text. */
export function lineEnd(sql: string, from: number): number {
  let at = from
  while (at < sql.length && sql[at] !== '\n' && sql[at] !== '\r') at++
  return at
}

/** Block comments nest. */
function commentEnd(sql: string, from: number): number {
  let at = from + 2
  for (let depth = 1; depth > 0;) {
    if (at >= sql.length) return -1
    if (sql[at] === '/' && sql[at + 1] === '*') depth++
    else if (sql[at] === '*' && sql[at + 1] === '/') depth--
    else {
      at++
      continue
    }
    at += 2
  }
  return at
}
