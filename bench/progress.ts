/** How far the run is, on stderr: a bar in a terminal, a line every ten seconds elsewhere. */
export class Progress {
  readonly #out: NodeJS.WriteStream
  readonly #started = Date.now()
  #title = ''
  #total = 0
  #done = 0
  #lastLine = 0

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  /** Begins a section; call what it gives after each of `total` steps. */
  section(title: string, total: number): () => void {
    this.#title = title
    this.#total = total
    this.#done = 0
    this.#lastLine = 0
    this.#show()
    return () => {
      this.#done += 1
      this.#show()
    }
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001b[K')
  }

  #show(): void {
    const seconds = Math.round((Date.now() - this.#started) / 1000)
    const text = `${this.#title}: ${this.#done} of ${this.#total} pairs, ${seconds} s`
    if (this.#out.isTTY) {
      const filled = Math.round((this.#done / this.#total) * 30)
      this.#out.write(`\r\u001b[K[${'#'.repeat(filled)}${'.'.repeat(30 - filled)}] ${text}`)
    } else if (Date.now() - this.#lastLine > 10_000) {
      this.#lastLine = Date.now()
      this.#out.write(`${text}\n`)
    }
  }
}
