import { message } from '../../../src/protocol/frames.ts'

/** A row of a server's answer. */
export function dataRow(values: readonly (string | null)[]): Buffer {
  const fields = values.map((value) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(value === null ? -1 : Buffer.byteLength(value))
    return Buffer.concat([length, Buffer.from(value ?? '')])
  })
  return message('D', Buffer.from([0, values.length]), ...fields)
}
