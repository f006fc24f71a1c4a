import pgListen from 'pg-listen'
import type { Adapter } from '../instance.ts'

export const adapter: Adapter = {
  async open(url) {
    const subscriber = pgListen.default({ connectionString: url })
    await subscriber.connect()
    return {
      async listen(channel, onPayload) {
        subscriber.notifications.on(channel, onPayload)
        await subscriber.listenTo(channel)
        return async () => {
          subscriber.notifications.removeListener(channel, onPayload)
          await subscriber.unlisten(channel)
        }
      },
      notify: (channel, payload) => subscriber.notify(channel, payload),
      close: () => subscriber.close(),
    }
  },
}
