/** Notifications between the clients of a scope. */
import { notificationResponse } from '../protocol/backend.ts'
import type { Holdings, SentNotification } from './holdings.ts'
import type { Inbox } from './inbox.ts'
import { warn } from '../warning.ts'

/** A client as far as it sends and hears notifications. */
export interface Listener {
  /** The server and database: who has another does not hear it. */
  readonly database: string
  readonly processId: number
  readonly holdings: Holdings
  /** Hands a notification over once the client is in no transaction. */
  notified(channel: string, message: Buffer): void
  /** What has not been handed over. */
  readonly inbox: Pick<Inbox, 'clear'>
}

export class Notifications {
  readonly #listeners = new Set<Listener>()

  /**
   * After a unit of the client: does it listen?
   *
   * @param notifiers functions of the database that notify
   */
  update(client: Listener, notifiers: readonly string[]): void {
    if (client.holdings.listening.size === 0) return this.remove(client)
    this.#listeners.add(client)
    if (notifiers.length > 0) warnOfUnseen(notifiers)
  }

  remove(client: Listener): void {
    if (this.#listeners.delete(client)) client.inbox.clear()
  }

  send(sender: Listener, sent: readonly SentNotification[]): void {
    for (const { channel, payload, isHeard } of sent) {
      const message = notificationResponse(sender.processId, channel, payload)
      for (const listener of this.#listeners) {
        if (listener.database === sender.database && (isHeard || listener !== sender))
          listener.notified(channel, message)
      }
    }
  }

  /** At the end of a test: what it has sent is not for the next. */
  clear(): void {
    for (const listener of this.#listeners) listener.inbox.clear()
  }
}

let warned = false

/** Once: who waits for such a notification shall know why it does not come. */
function warnOfUnseen(notifiers: readonly string[]): void {
  if (warned) return
  warned = true
  warn('PG_SANDBOX_UNSEEN_NOTIFY', unseenNotifications(notifiers))
}

function unseenNotifications(functions: readonly string[]): string {
  return (
    `A client listens for notifications, and these functions of the database send some: ${functions.join(', ')}.\n\n` +
    'In a test the sandbox delivers what NOTIFY and pg_notify() send as statements of their own. What a function or a ' +
    'trigger sends is not delivered, since Postgres would deliver it with the real commit, and there is none.\n\n' +
    "Test it with real commits: useTestDatabase({ isolation: 'database' })."
  )
}
