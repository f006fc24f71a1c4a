/** Tells how far a run of many programs is: a bar in a terminal, a line every five seconds elsewhere. */
export class Progress {
  readonly #total: number
  readonly #started = Date.now()
  readonly #out: NodeJS.WriteStream
  #done = 0
  #found = ''
  #lastLine = Date.now()

  constructor(total: number, out: NodeJS.WriteStream) {
    this.#total = total
    this.#out = out
  }

  /** @param found what the run has found until now, in words; empty when there is nothing */
  add(programs: number, found: string): void {
    this.#done += programs
    this.#found = found === '' ? '' : `, ${found}`
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
    return `${this.#done} of ${this.#total} programs, ${rate.toFixed(rate < 10 ? 1 : 0)}/s, ${left.toFixed(0)} s left${this.#found}`
  }
}
