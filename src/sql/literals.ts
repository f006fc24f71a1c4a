import { stringContinuation } from './lexer.ts'

const NAME_BYTES = 63

/**
 * Folds ASCII letters only, as the server does; `toLowerCase` would turn a Kelvin sign into the k of a keyword.
 *
 * @example
 * foldCase('COMMIT É') // 'commit É'
 */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** Cuts a name to 63 bytes of UTF-8 without splitting a character, as the server does (`NAMEDATALEN`). */
export function truncateName(name: string): string {
  if (name.length * 3 <= NAME_BYTES) return name
  let bytes = 0
  let end = 0
  for (const character of name) {
    const code = character.codePointAt(0)!
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (bytes > NAME_BYTES) break
    end += character.length
  }
  return name.slice(0, end)
}

/**
 * The name that a "quoted" or U&"…" identifier stands for; undefined where the server would reject it.
 *
 * @example
 * quotedName('"a""b"') // 'a"b'
 */
export function quotedName(token: string, escape = '\\'): string | undefined {
  const unicode = token[0] !== '"'
  const body = token.slice(unicode ? 3 : 1, -1)
  const name = body.replaceAll('""', '"')
  const terminated =
    token.endsWith('"') && token.length > (unicode ? 3 : 1) && !body.replaceAll('""', '').includes('"')
  const decoded = terminated && unicode ? decodeUnicode(name, escape) : name
  return terminated && decoded ? truncateName(decoded) : undefined
}

/**
 * The value of a string token in any spelling ('…', E'…', U&'…', $tag$…$tag$); undefined where the server would reject it.
 *
 * @example
 * stringValue("E'a\\nb'") // 'a', a line break, 'b'
 */
export function stringValue(
  token: string,
  standardConformingStrings = true,
  escape = '\\',
): string | undefined {
  if (token[0] === '$') {
    const tag = token.indexOf('$', 1) + 1
    return token.length >= 2 * tag && token.endsWith(token.slice(0, tag)) ? token.slice(tag, -tag) : undefined
  }
  const backslashes = token[0] === 'e' || token[0] === 'E' || (token[0] === "'" && !standardConformingStrings)
  const body = stringBody(token, backslashes)
  if (body === undefined) return undefined
  if (backslashes) return decodeBackslashes(body)
  if (token[0] === "'") return body
  return standardConformingStrings ? decodeUnicode(body, escape) : undefined
}

/** What stands between the quotes of all parts, doubled quotes halved. */
function stringBody(token: string, backslashes: boolean): string | undefined {
  const parts: string[] = []
  let from = token.indexOf("'") + 1
  for (let at = from; at < token.length; at++) {
    if (backslashes && token[at] === '\\') at++
    else if (token[at] === "'") {
      const doubled = token[at + 1] === "'"
      parts.push(token.slice(from, doubled ? at + 1 : at))
      if (at + 1 === token.length) return parts.join('')
      from = doubled ? at + 2 : stringContinuation(token, at + 1)
      if (from < 0) return undefined
      at = from - 1
    }
  }
  return undefined
}

const escapes = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/g
const letters: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

function decodeBackslashes(body: string): string | undefined {
  if (!body.includes('\\')) return body
  let valid = true
  // \303\251 names the two bytes of one character: collect them one to a character, then read runs of them as UTF-8.
  const bytes: number[] = []
  const flush = (): string => new TextDecoder().decode(new Uint8Array(bytes.splice(0)))
  let text = ''
  let last = 0
  for (const match of body.matchAll(escapes)) {
    const [all, octal, hex, short, long, other] = match
    if (match.index > last) text += flush() + body.slice(last, match.index)
    last = match.index + all.length
    if (octal ?? hex) bytes.push((octal ? parseInt(octal, 8) : parseInt(hex!, 16)) & 255)
    else if (other) text += flush() + (letters[other] ?? other)
    else text += flush() + codePoint(short ?? long!)
    valid = valid && other !== 'u' && other !== 'U'
  }
  text += flush() + body.slice(last)
  return valid ? wellFormed(text) : undefined
}

function decodeUnicode(body: string, escape: string): string | undefined {
  const parts = body.split(escape)
  let text = parts[0]!
  for (let i = 1; i < parts.length; i++) {
    const part = parts[i]!
    const digits = /^(?:\+([0-9a-fA-F]{6})|([0-9a-fA-F]{4}))/.exec(part)
    if (digits) text += codePoint(digits[1] ?? digits[2]!) + part.slice(digits[0].length)
    else if (part === '' && i + 1 < parts.length) text += escape + parts[++i]!
    else return undefined
  }
  return wellFormed(text)
}

/** An impossible code point becomes NUL, which `wellFormed` refuses. */
function codePoint(hex: string): string {
  const code = parseInt(hex, 16)
  return code > 0x10ffff ? '\0' : String.fromCodePoint(code)
}

function wellFormed(text: string): string | undefined {
  return text.includes('\0') || /\p{Surrogate}/u.test(text) ? undefined : text
}
