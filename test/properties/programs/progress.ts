/** Tells how far a run is: a bar in a terminal, a line every five seconds elsewhere. */
export class Progress {
  readonly #total: number
  readonly #started = Date.now()
  readonly #out: NodeJS.WriteStream
  #done = 0
  #kinds = 0
  #lastLine = Date.now()

  constructor(total: number, out: NodeJS.WriteStream) {
    this.#total = total
    this.#out = out
  }

  add(programs: number, kinds: number): void {
    this.#done += programs
    this.#kinds = kinds
    if (this.#out.isTTY) this.#out.write(`\r\u001b[K${this.#bar()} ${this.#text()}`)
    else if (Date.now() - this.#lastLine > 5000) {
      this.#lastLine = Date.now()
      this.#out.write(`${this.#text()}\n`)
    }
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write('\n')
    this.#out.write(`${this.#text()}\n`)
  }

  get seconds(): number {
    return (Date.now() - this.#started) / 1000
  }

  #bar(): string {
    const filled = Math.round((this.#done / this.#total) * 30)
    return `[${'#'.repeat(filled)}${'.'.repeat(30 - filled)}]`
  }

  #text(): string {
    const rate = this.#done / this.seconds
    const left = (this.#total - this.#done) / rate
    const kinds = this.#kinds === 0 ? '' : `, ${this.#kinds} kinds of differences`
    return `${this.#done} of ${this.#total} programs, ${rate.toFixed(0)}/s, ${left.toFixed(0)} s left${kinds}`
  }
}
