/** Notifications for one client, which hears them when it is in no transaction, as from a server. */
interface Waiting {
  readonly channel: string
  readonly message: Buffer
}

export class Inbox {
  #waiting: Waiting[] = []

  push(channel: string, message: Buffer): void {
    this.#waiting.push({ channel, message })
  }

  /** The messages on the channels that the client listens to now; what else has come is forgotten. */
  take(listening: ReadonlySet<string>): readonly Buffer[] {
    const taken = this.#waiting.filter(({ channel }) => listening.has(channel))
    this.clear()
    return taken.map(({ message }) => message)
  }

  clear(): void {
    this.#waiting = []
  }
}
