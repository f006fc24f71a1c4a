import { notificationResponse } from '../../../src/protocol/backend.ts'
import { NO_BELONGINGS, withObjects } from '../../../src/transaction/belongings.ts'
import { NO_OBJECTS } from '../../../src/transaction/client-objects.ts'
import { type Listener, Notifications } from '../../../src/session/notifications.ts'

class Client implements Listener {
  readonly heard: string[] = []
  readonly messages: Buffer[] = []
  forgot = 0
  belongings = NO_BELONGINGS
  readonly processId: number
  readonly database: string

  constructor(processId: number, database = 'one') {
    this.processId = processId
    this.database = database
  }

  listen(...channels: string[]): this {
    this.belongings = withObjects(NO_BELONGINGS, { ...NO_OBJECTS, listening: new Set(channels) })
    notifications.update(this, [])
    return this
  }

  notified(channel: string, message: Buffer): void {
    this.heard.push(channel)
    this.messages.push(message)
  }

  readonly inbox = {
    clear: (): void => {
      this.forgot += 1
    },
  }
}

const sent = { channel: 'a', payload: 'x', isHeard: false }
let notifications: Notifications
beforeEach(() => {
  notifications = new Notifications()
})

test('all who listen are told, with the process of the sender', () => {
  const [sender, one, two, deaf] = [
    new Client(7),
    new Client(1).listen('a'),
    new Client(2).listen('b'),
    new Client(3),
  ]
  notifications.send(sender, [sent, { ...sent, channel: 'b' }])
  expect([one.heard, two.heard, deaf.heard]).toEqual([['a', 'b'], ['a', 'b'], []])
  expect(one.messages[0]).toEqual(notificationResponse(7, 'a', 'x'))
})

test('who has another database hears nothing', () => {
  const other = new Client(1, 'two').listen('a')
  notifications.send(new Client(7), [sent])
  expect(other.heard).toEqual([])
})

test('a sender hears its own only when it listened as it was committed', () => {
  const sender = new Client(1).listen('a')
  notifications.send(sender, [sent])
  expect(sender.heard).toEqual([])
  notifications.send(sender, [{ ...sent, isHeard: true }])
  expect(sender.heard).toEqual(['a'])
})

test('who listens no more hears nothing more, and forgets what has not been handed over', () => {
  const client = new Client(1).listen('a')
  client.listen()
  client.listen()
  notifications.send(new Client(7), [sent])
  expect(client).toMatchObject({ heard: [], forgot: 1 })
})

test('who is gone hears nothing', () => {
  const client = new Client(1).listen('a')
  notifications.remove(client)
  notifications.send(new Client(7), [sent])
  expect(client.heard).toEqual([])
})

test('at the end of a test all forget, and listen still', () => {
  const client = new Client(1).listen('a')
  notifications.clear()
  expect(client.forgot).toBe(1)
  notifications.send(new Client(7), [sent])
  expect(client.heard).toEqual(['a'])
})

test('who listens is warned once of functions whose notifications nobody sees', () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const client = new Client(1)
  notifications.update(client, ['tell'])
  expect(warn).not.toHaveBeenCalled()
  client.listen('a')
  expect(warn).not.toHaveBeenCalled()
  notifications.update(client, ['tell'])
  notifications.update(client, ['tell'])
  expect(warn).toHaveBeenCalledTimes(1)
  expect(warn).toHaveBeenCalledWith(
    expect.stringContaining('tell'),
    expect.objectContaining({ code: 'PG_SANDBOX_UNSEEN_NOTIFY' }),
  )
  warn.mockRestore()
})
