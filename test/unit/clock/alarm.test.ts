import { Alarm } from '../../../src/clock/alarm.ts'

/** Waits until as many of the alarms as are told here have rung. */
function rings(count: number): {
  readonly ring: (name: string) => () => void
  readonly rung: Promise<string[]>
} {
  const names: string[] = []
  let resolve: (names: string[]) => void
  // What keeps the process alive, as an alarm does not.
  const alive = setInterval(() => {}, 1000)
  const rung = new Promise<string[]>((all) => (resolve = all)).finally(() => clearInterval(alive))
  const ring = (name: string) => (): void => {
    names.push(name)
    if (names.length === count) resolve(names)
  }
  return { ring, rung }
}

test('rings once', async () => {
  const { ring, rung } = rings(2)
  new Alarm().set(5, ring('early'))
  new Alarm().set(60, ring('late'))
  expect(await rung).toEqual(['early', 'late'])
})

test('does not ring when it is lifted', async () => {
  const { ring, rung } = rings(1)
  const lifted = new Alarm()
  lifted.set(5, ring('lifted'))
  lifted.lift()
  new Alarm().set(60, ring('late'))
  expect(await rung).toEqual(['late'])
})

test('set again, rings for the last, and not before its time', async () => {
  const { ring, rung } = rings(2)
  const moved = new Alarm()
  moved.set(5, ring('first'))
  moved.set(150, ring('moved'))
  new Alarm().set(60, ring('between'))
  expect(await rung).toEqual(['between', 'moved'])
})

test('set to a shorter time, rings sooner', async () => {
  const { ring, rung } = rings(2)
  const alarm = new Alarm()
  alarm.set(60_000, ring('long'))
  alarm.set(5, ring('short'))
  new Alarm().set(60, ring('late'))
  expect(await rung).toEqual(['short', 'late'])
})

test('after it has rung, can be set again', async () => {
  const alarm = new Alarm()
  const { ring, rung } = rings(2)
  alarm.set(5, () => {
    ring('once')()
    alarm.set(5, ring('again'))
  })
  expect(await rung).toEqual(['once', 'again'])
})
