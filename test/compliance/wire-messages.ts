/** A message of the server as a line that can be read and compared, with all that it tells. */
export function lineOf(bytes: Buffer): string {
  const type = bytes.toString('latin1', 0, 1)
  const read = new Reader(bytes.subarray(5))
  const name = NAMES[type] ?? type
  const content = CONTENTS[type]?.(read)
  return [name, content, read.rest()].filter(Boolean).join(' ')
}

const NAMES: Record<string, string> = {
  '1': 'ParseComplete',
  '2': 'BindComplete',
  '3': 'CloseComplete',
  A: 'NotificationResponse',
  C: 'CommandComplete',
  D: 'DataRow',
  E: 'ErrorResponse',
  G: 'CopyInResponse',
  H: 'CopyOutResponse',
  I: 'EmptyQueryResponse',
  N: 'NoticeResponse',
  S: 'ParameterStatus',
  T: 'RowDescription',
  V: 'FunctionCallResponse',
  Z: 'ReadyForQuery',
  c: 'CopyDone',
  d: 'CopyData',
  n: 'NoData',
  s: 'PortalSuspended',
  t: 'ParameterDescription',
}

const CONTENTS: Record<string, (read: Reader) => string> = {
  C: (read) => read.string(),
  D: (read) => read.list(() => read.value()),
  E: fields,
  N: fields,
  S: (read) => `${read.string()} = ${read.string()}`,
  T: (read) => read.list(() => column(read)),
  V: (read) => read.value(),
  Z: (read) => read.text(1),
  d: (read) => read.text(read.left),
  t: (read) => read.list(() => String(read.int32())),
}

/** File, line and routine of the server's source are told by the server alone. */
function fields(read: Reader): string {
  const told: string[] = []
  for (let code = read.text(1); code !== '\0'; code = read.text(1)) {
    const value = read.string()
    if (!'FLR'.includes(code)) told.push(`${code}=${value}`)
  }
  return told.join(' | ')
}

/** A table has another OID each time it is made. */
function column(read: Reader): string {
  const name = read.string()
  const table = read.int32() === 0 ? 'no table' : 'a table'
  const [number, type, size, modifier, format] = [
    read.int16(),
    read.int32(),
    read.int16(),
    read.int32(),
    read.int16(),
  ]
  return `${name} (column ${number} of ${table}, type ${type} ${size} ${modifier}, format ${format})`
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  int16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  text(length: number): string {
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }

  string(): string {
    const text = this.text(this.#bytes.indexOf(0, this.#at) - this.#at)
    this.#at += 1
    return text
  }

  /** A value with its length; in hexadecimal what is no readable text. */
  value(): string {
    const length = this.int32()
    if (length < 0) return 'NULL'
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    const text = bytes.toString('utf8')
    const isText = !/[\p{Cc}\uFFFD]/u.test(text.replaceAll(/\s/g, ''))
    return isText ? JSON.stringify(text) : `0x${bytes.toString('hex')}`
  }

  list(item: () => string): string {
    return `[${Array.from({ length: this.int16() }, item).join(', ')}]`
  }

  /** What has not been read, in hexadecimal. */
  rest(): string {
    return this.#bytes.toString('hex', this.#at)
  }
}
