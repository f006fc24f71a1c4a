/**
 * The client's half of SCRAM-SHA-256, for tests that speak the protocol by hand.
 * Source: https://www.rfc-editor.org/rfc/rfc5802
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

export class Scram {
  readonly #password: string
  readonly #first = `n=,r=${randomBytes(18).toString('base64')}`

  constructor(password: string) {
    this.#password = password
  }

  /** The body of SASLInitialResponse. */
  first(): Buffer {
    const text = Buffer.from(`n,,${this.#first}`)
    const length = Buffer.alloc(4)
    length.writeInt32BE(text.length)
    return Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), length, text])
  }

  /** The body of SASLResponse. */
  final(serverFirst: string): Buffer {
    const {
      r = '',
      s = '',
      i = '',
    } = Object.fromEntries(serverFirst.split(',').map((part) => [part[0] ?? '', part.slice(2)]))
    const salted = pbkdf2Sync(this.#password, Buffer.from(s, 'base64'), Number(i), 32, 'sha256')
    const clientKey = createHmac('sha256', salted).update('Client Key').digest()
    const stored = createHash('sha256').update(clientKey).digest()
    const without = `c=biws,r=${r}`
    const signature = createHmac('sha256', stored).update(`${this.#first},${serverFirst},${without}`).digest()
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)))
    return Buffer.from(`${without},p=${proof.toString('base64')}`)
  }
}
