/**
 * Where an error of the server stands: its position, in characters of the text that the application wrote, and whether the
 * parser has raised it. Asked for each error and notice of an exchange (server/running-exchange.ts); a client would
 * be pointed to a wrong place of its text without it, as that is not always the text which the server has read. Pure.
 */
import type { Fields } from '../protocol/backend.ts'
import type { Exchange } from './exchange.ts'

/** The error with its position in the text that the application wrote, or the refusal it stands for. */
export function placed(exchange: Exchange, index: number, fields: Fields): Fields {
  const { refusal, refuses = fields['C'] } = exchange.answers[index] ?? {}
  const isRefused = refusal !== undefined && refuses === fields['C']
  if (isRefused && !isParseError(fields) && !isParserNotice(fields)) return refusal
  const position = Number(fields['P'])
  if (exchange.texts === undefined || !position) return fields
  const found = applicationPosition(exchange, position)
  return found === undefined ? withoutPlace(fields) : { ...fields, P: String(found) }
}

/** The error without a position, which would be one in a statement of the sandbox. */
export function withoutPlace(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([code]) => code !== 'P'))
}

/** The position in the application's text, given in characters from 1 as Postgres does, for one in the wire's text. */
function applicationPosition(exchange: Exchange, position: number): number | undefined {
  const { texts, places } = exchange
  if (texts === undefined) return position
  const offset = utf16Offset(texts.wire, position - 1)
  const place = places.find(({ wire, length }) => offset >= wire && offset <= wire + length)
  if (place === undefined) return undefined
  return characters(texts.application, place.application + offset - place.wire) + 1
}

function utf16Offset(text: string, count: number): number {
  let offset = 0
  for (let i = 0; i < count && offset < text.length; i += 1)
    offset += text.codePointAt(offset)! > 0xffff ? 2 : 1
  return offset
}

function characters(text: string, end: number): number {
  let count = 0
  for (let offset = 0; offset < end; count += 1) offset += text.codePointAt(offset)! > 0xffff ? 2 : 1
  return count
}

/** Did the parser raise the error, before any statement of the string was run? */
export function isParseError({ F: file, W: context, q: inner }: Fields): boolean {
  if (context !== undefined || inner !== undefined) return false // In the text of a function.
  return file === 'scan.l' || file === 'gram.y' || file === 'parser.c'
}

/** Does it come from the parser, which reads a whole string before any of it is run? */
export function isParserNotice({ F: file, W: context }: Fields): boolean {
  return context === undefined && (file === 'scan.l' || file === 'scansup.c')
}
