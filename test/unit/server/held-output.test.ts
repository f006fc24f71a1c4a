import { message } from '../../../src/protocol/frames.ts'
import { HeldOutput } from '../../../src/server/held-output.ts'

const rows = ['a', 'b', 'c'].map((text) => message('D', Buffer.from(text)))
const run = Buffer.concat(rows)

function held({ isRead = false, skip = 0 } = {}): { output: HeldOutput; delivered: Buffer[] } {
  const delivered: Buffer[] = []
  return { output: new HeldOutput({ deliver: (bytes) => delivered.push(bytes) }, isRead, skip), delivered }
}

test('answers to a read are delivered when it has ended, and counted', () => {
  const { output, delivered } = held({ isRead: true })
  output.deliver(run)
  expect(delivered).toEqual([])
  output.flush()
  expect(delivered).toEqual([run])
  expect(output.delivered).toBe(3)
})

test('more of them than is worth keeping are delivered at once', () => {
  const { output, delivered } = held({ isRead: true })
  const large = message('D', Buffer.alloc(64 * 1024))
  output.deliver(large)
  output.deliver(run)
  expect(delivered).toEqual([large, run])
  expect(output.delivered).toBe(4)
})

test('what is dropped is not delivered, and what comes after it is held back', () => {
  const { output, delivered } = held({ isRead: true })
  output.deliver(run)
  output.drop()
  output.deliver(rows.at(0)!)
  expect(delivered).toEqual([])
  expect(output.delivered).toBe(0)
})

test.each([0, 1, 2, 3])('of a second run %i messages are left out, whatever stands side by side', (skip) => {
  const { output, delivered } = held({ skip })
  output.deliver(Buffer.concat(rows.slice(0, 2)))
  output.deliver(rows.at(2)!)
  expect(Buffer.concat(delivered)).toEqual(Buffer.concat(rows.slice(skip)))
})

test('from an error on everything is held back up to the end of its unit', () => {
  const { output, delivered } = held()
  output.deliver(rows.at(0)!)
  output.hold()
  output.deliver(rows.at(1)!)
  expect(delivered).toEqual([rows.at(0)])
  output.flush()
  expect(delivered).toEqual(rows.slice(0, 2))
})
