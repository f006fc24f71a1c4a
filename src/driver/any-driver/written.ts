/**
 * What a stream of Node's is told to write, as bytes: one piece, or several at once.
 *
 * interception.ts reads it before a socket writes, take-over.ts in place of that. Without it a driver that writes strings, or
 * corks its socket, would not be recognised.
 */

interface Piece {
  readonly chunk: Buffer | string
  readonly encoding: BufferEncoding
}

/** @param data as `_write` and `_writev` are given it: the list has the encodings of its pieces */
export function bytesOf(data: unknown, encoding?: BufferEncoding): Buffer {
  if (Array.isArray(data))
    return Buffer.concat((data as Piece[]).map((piece) => bytesOf(piece.chunk, piece.encoding)))
  if (typeof data === 'string') return Buffer.from(data, encoding)
  const view = data as Uint8Array
  return Buffer.isBuffer(view) ? view : Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}
