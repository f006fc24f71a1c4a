/**
 * Hides secrets in what people read: passwords of roles and servers, and what belongs to a column, parameter or setting
 * that is called so.
 *
 * The one place that does: errors and warnings come here by `excerpt`, the log of SQL by src/sandbox/sql-log-text.ts. What
 * a statement is about stays to be read: its tables, its columns, whom it is for.
 */
import { type Token, tokenize } from './lexer.ts'
import { isSecretName } from './secret-names.ts'
import { secretPlaces } from './secret-places.ts'

const HIDDEN = "'***'"

/**
 * A text of SQL, an address or a message with `***` in the place of each secret.
 *
 * @example
 * hideSecrets("alter role ada password 'x'") // "alter role ada password '***'"
 * hideSecrets('postgres://ada:x@db/app') // 'postgres://ada:***@db/app'
 */
export function hideSecrets(text: string): string {
  const places = secretPlaces(text).strings
  // What a backslash does to a quote depends on a setting of the server: in both cases nothing is shown.
  const others = text.includes('\\') ? secretPlaces(text, { standardConformingStrings: false }).strings : []
  return hideByText(hideStrings(text, merged([...places, ...others])))
}

/** A part of a text. */
type Span = Pick<Token, 'start' | 'end'>

/** In their order, and none within another. */
function merged(spans: readonly Span[]): Span[] {
  const apart: { start: number; end: number }[] = []
  for (const { start, end } of spans.toSorted((one, other) => one.start - other.start)) {
    const last = apart.at(-1)
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end)
    else apart.push({ start, end })
  }
  return apart
}

/** @param hidden the spans of secrets, in their order */
function hideStrings(text: string, hidden: readonly Span[]): string {
  let shown = ''
  let last = 0
  const add = (start: number, end: number, by: string): void => {
    shown += text.slice(last, start) + by
    last = end
  }
  let next = 0
  for (const { kind, start, end } of tokenize(text)) {
    for (let span = hidden[next]; span !== undefined && span.start < end; span = hidden[++next])
      add(span.start, span.end, HIDDEN)
    if (kind === 'string' && start >= last) add(start, end, hideInString(text.slice(start, end)))
  }
  return shown + text.slice(last)
}

/** What a string has in it: an address, a connection's keywords, or SQL, such as the body of a function. */
function hideInString(string: string): string {
  const [tag] = /^\$\w*\$/.exec(string) ?? []
  if (tag !== undefined && string.length >= 2 * tag.length && string.endsWith(tag))
    return tag + hideSecrets(string.slice(tag.length, -tag.length)) + tag
  const body = /^'([^]*[^'\\][^]*)'$/.exec(string)?.[1]
  const isNested = body?.includes("''") === true
  const shown = isNested ? `'${hideSecrets(body.replaceAll("''", "'")).replaceAll("'", "''")}'` : string
  return shown.replaceAll(IN_KEYWORDS, '$1***')
}

const GAP = String.raw`(?:\s|/\*[\s\S]*?\*/|--[^\n]*\n)*`
/** A string after PASSWORD or CONNECTION, also in a text that is no SQL by itself; one whose end is not clear is hidden to the end. */
const AFTER_KEYWORD = new RegExp(
  String.raw`\b(password|connection)(${GAP}=?${GAP})(?:''(?:(?!'').)*(?:''|$)|(?:e|n|u&)?'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|(\$\w*\$)[\s\S]*?(?:\3|$))`,
  'gi',
)
/** The password in an address of a server. */
const IN_ADDRESS = /(\b\w+:\/\/[^\s:/@'"]*:)[^\s@'"]{1,4000}(?=@)/g
/** In a list of keywords and values, `host=db password=x`. */
const IN_KEYWORDS = /(\b(?:ssl)?password\s*=\s*)(?:\\'[^']*\\'|''[^']*''|'[^']*'|[^\s'"]+)/gi
/** The same outside of a string, between others: `password=other` alone may be SQL. */
const IN_BARE_KEYWORDS =
  /(\b\w+=[^\s'"=]+\s+(?:ssl)?password=)[^\s'"]+|(\b(?:ssl)?password=)[^\s'"=]+(?=\s+\w+=[^\s'"=])/gi
const IN_JSON = /"(\w+)"(\s*:\s*)"(?:[^"\\]|\\[^])*(?:"|$)/g

function hideByText(text: string): string {
  return text
    .replaceAll(AFTER_KEYWORD, `$1$2${HIDDEN}`)
    .replaceAll(IN_ADDRESS, '$1***')
    .replaceAll(IN_BARE_KEYWORDS, '$1$2***')
    .replaceAll(IN_JSON, (all, name: string, gap: string) =>
      name !== 'key' && isSecretName(name) ? `"${name}"${gap}"***"` : all,
    )
}
