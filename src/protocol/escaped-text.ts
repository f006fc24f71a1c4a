/**
 * Texts that are no UTF-8, as strings in which SQL is told apart as the server tells it: each byte that is no ASCII character
 * by itself is a lone surrogate, which no text in UTF-8 has, so that the very bytes can be written again.
 *
 * frontend.ts reads and writes Query messages by it. Without it a character of GBK or SJIS whose second byte is a backslash
 * would be taken for one, what ends a string would not be seen, and a COMMIT behind that would be run.
 */
/** The encodings in which a byte below 128 may be the rest of a character, and how many bytes a character has. */
const WIDTHS: ReadonlyMap<string, (bytes: Buffer, at: number) => number> = new Map([
  ['BIG5', () => 2],
  ['GB18030', (bytes, at) => (isDigit(bytes[at + 1]) ? 4 : 2)],
  ['GBK', () => 2],
  ['JOHAB', (bytes, at) => (bytes[at] === 0x8f ? 3 : 2)],
  ['SHIFT_JIS_2004', widthInShiftJis],
  ['SJIS', widthInShiftJis],
  ['UHC', () => 2],
])

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function widthInShiftJis(bytes: Buffer, at: number): number {
  return bytes[at]! >= 0xa1 && bytes[at]! <= 0xdf ? 1 : 2
}

/** Must the bytes be escaped, as they are no UTF-8, or may be told apart wrongly as such? `text` is what they are as UTF-8. */
export function isToEscape(bytes: Buffer, text: string, encoding: string | undefined): boolean {
  const isApart = encoding !== undefined && WIDTHS.has(encoding)
  return isApart || (text.includes('\uFFFD') && !Buffer.from(text).equals(bytes))
}

export function escaped(bytes: Buffer, encoding = ''): string {
  const width = WIDTHS.get(encoding)
  const codes = new Uint16Array(bytes.length)
  let end = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!
    if (byte >= 0x80 && at >= end) end = at + (width?.(bytes, at) ?? 1)
    codes[at] = byte >= 0x80 || at < end ? ESCAPE + byte : byte
  }
  return Buffer.from(codes.buffer).toString('utf16le')
}

const ESCAPE = 0xdc00

/** Does the text have bytes that were escaped? */
export function isEscaped(text: string): boolean {
  return !(text as string & { isWellFormed(): boolean }).isWellFormed()
}

/** The bytes again. What is not escaped is written in UTF-8, as the sandbox's own words are. */
export function unescaped(text: string): Buffer {
  const parts = text.split(ESCAPED)
  return Buffer.concat(
    parts.map((part) =>
      ESCAPED.test(part)
        ? Buffer.from(Array.from(part, (character) => character.charCodeAt(0) - ESCAPE))
        : Buffer.from(part),
    ),
  )
}

/** Only a lone surrogate is a code point of its own. */
const ESCAPED = /([\uDC00-\uDCFF]+)/u
