import { CloneSupplies } from '../../../src/private-databases/clone-supplies.ts'
import type { ClonePool, Release } from '../../../src/private-databases/clone-supply.ts'

const GIVEN_BACK: Release = { keep: false, test: undefined }

/** A pool that takes note of what is asked of it. */
class NotingPool implements ClonePool {
  readonly notes: string[] = []
  fails = false

  take(): Promise<{ name: string }> {
    this.notes.push('take')
    return this.fails ? Promise.reject(new Error('no right')) : Promise.resolve({ name: 'clone' })
  }

  release({ name }: { name: string }, { keep }: Release): void {
    this.notes.push(`${keep ? 'keep' : 'release'} ${name}`)
  }

  end(): Promise<void> {
    this.notes.push('end')
    return Promise.resolve()
  }
}

const client = {
  database: 'here',
  login: 'secret',
  address: { host: 'localhost', port: 5432, user: 'ada', database: 'app_test' },
}

function suppliesOf(pool: ClonePool): { supplies: CloneSupplies; made: unknown[][] } {
  const supplies = new CloneSupplies()
  const made: unknown[][] = []
  supplies.makePool = ({ user }, from, ahead) => {
    made.push([user, from, ahead])
    return pool
  }
  return { supplies, made }
}

test('a pool ends only when all of its clones have been given back', async () => {
  const pool = new NotingPool()
  const supply = suppliesOf(pool).supplies.named(client, false)
  const clone = await supply.take()
  const retired = supply.retire()
  expect(pool.notes).toEqual(['take'])
  supply.release(clone, { keep: true, test: undefined })
  await retired
  expect(pool.notes).toEqual(['take', 'keep clone', 'end'])
})

test('one that could not be made need not be given back', async () => {
  const pool = new NotingPool()
  pool.fails = true
  const supply = suppliesOf(pool).supplies.named(client, false)
  await expect(supply.take()).rejects.toThrow('no right')
  await supply.retire()
  expect(pool.notes).toEqual(['take', 'end'])
})

test('clones of one database come from one pool, and none is made ahead of one that others are cloned from', () => {
  const { supplies, made } = suppliesOf(new NotingPool())
  expect(supplies.named(client, false)).toBe(supplies.named(client, false))
  supplies.named(client, true)
  supplies.from(client, 'clone')
  expect(made).toEqual([
    ['ada', 'app_test', undefined],
    ['ada', 'app_test', 0],
    ['ada', 'clone', undefined],
  ])
})

test('the end waits for what goes on, ends the pools, and tells what has failed', async () => {
  const pool = new NotingPool()
  const { supplies } = suppliesOf(pool)
  const supply = supplies.named(client, false)
  const clone = await supply.take()
  supplies.inBackground(Promise.resolve().then(() => supply.release(clone, GIVEN_BACK)))
  supplies.inBackground(Promise.reject(new Error('not dropped')))
  await expect(supplies.end()).rejects.toThrow('not dropped')
  expect(pool.notes).toEqual(['take', 'release clone', 'end'])
  await supplies.end()
})
