/** Notifications between the clients of a scope. */
import { notificationResponse } from '../protocol/backend.ts'
import type { Belongings } from '../transaction/belongings.ts'
import type { SentNotification } from '../transaction/client-objects.ts'
import { warnOfUnseenNotifications } from '../warnings.ts'

/** A client as far as it sends and hears notifications. */
export interface Listener {
  /** The server and database: who has another does not hear it. */
  readonly database: string
  readonly processId: number
  readonly belongings: Pick<Belongings, 'objects'>
  /** Hands a notification over once the client is in no transaction. */
  notified(channel: string, message: Buffer): void
  /** What has not been handed over. */
  readonly inbox: Pick<Inbox, 'clear'>
}

export class Notifications {
  readonly listeners: Set<Listener> = new Set()

  /**
   * After a unit of the client: does it listen?
   *
   * @param notifiers functions of the database that notify
   */
  update(client: Listener, notifiers: readonly string[]): void {
    if (client.belongings.objects.listening.size === 0) return this.remove(client)
    this.listeners.add(client)
    warnOfUnseenNotifications(notifiers)
  }

  remove(client: Listener): void {
    if (this.listeners.delete(client)) client.inbox.clear()
  }

  send(sender: Listener, sent: readonly SentNotification[]): void {
    for (const { channel, payload, isHeard } of sent) {
      const message = notificationResponse(sender.processId, channel, payload)
      for (const listener of this.listeners) {
        if (listener.database === sender.database && (isHeard || listener !== sender))
          listener.notified(channel, message)
      }
    }
  }

  /** At the end of a test: what it has sent is not for the next. */
  clear(): void {
    for (const listener of this.listeners) listener.inbox.clear()
  }
}

const NO_MESSAGES: readonly Buffer[] = []

interface Undelivered {
  readonly channel: string
  readonly message: Buffer
}

/** Notifications for one client, which hears them when it is in no transaction, as from a server. */
export class Inbox {
  #waiting: Undelivered[] = []
  /** Does anything wait? */
  isFilled = false

  push(channel: string, message: Buffer): void {
    this.#waiting.push({ channel, message })
    this.isFilled = true
  }

  /** The messages on the channels that the client listens to now; what else has come is forgotten. */
  take(listening: ReadonlySet<string>): readonly Buffer[] {
    if (this.#waiting.length === 0) return NO_MESSAGES
    const taken = this.#waiting.filter(({ channel }) => listening.has(channel))
    this.clear()
    return taken.map(({ message }) => message)
  }

  clear(): void {
    this.#waiting = []
    this.isFilled = false
  }
}
