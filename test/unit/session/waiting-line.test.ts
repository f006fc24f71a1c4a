import { isUnit, Line, type Turn } from '../../../src/session/waiting-line.ts'
import type { Requester } from '../../../src/session/requester.ts'
import type { Unit } from '../../../src/session/unit.ts'

const alice = { login: 'alice' } as Requester
const bob = { login: 'bob' } as Requester

function unit(requester = alice): Unit {
  return {
    requester,
    texts: [],
    frames: [],
    endsInFlush: false,
    mayOpenBlock: false,
    outer: undefined,
    done: () => {},
  }
}

function turn(): Turn {
  return { take: () => undefined }
}

const anyone = (): boolean => true
const onlyBob = ({ requester }: Unit): boolean => requester === bob

let line: Line
beforeEach(() => {
  line = new Line()
})

test('first come, first served', () => {
  const entries = [unit(), turn(), unit(bob), turn()]
  for (const entry of entries) line.push(entry)
  expect(line.length).toBe(4)
  for (const entry of entries) expect(line.shift(anyone)).toBe(entry)
  expect(line.shift(anyone)).toBeUndefined()
})

test('where every unit may run, nobody is asked', () => {
  const entries = [unit(), turn(), unit(bob)]
  for (const entry of entries) line.push(entry)
  for (const entry of entries) expect(line.shift()).toBe(entry)
  expect(line.shift()).toBeUndefined()
})

test('a unit that may not run yet lets the next one go first, and stays', () => {
  const [first, second] = [unit(alice), unit(bob)]
  line.push(first)
  line.push(second)
  expect(line.shift(onlyBob)).toBe(second)
  expect(line.shift(onlyBob)).toBeUndefined()
  expect(line.shift(anyone)).toBe(first)
})

test('nobody overtakes a turn', () => {
  const [waiting, behind] = [unit(alice), unit(bob)]
  const closing = turn()
  line.push(waiting)
  line.push(closing)
  line.push(behind)
  expect(line.shift(onlyBob)).toBeUndefined()
  expect(line.shift(anyone)).toBe(waiting)
  expect(line.shift(onlyBob)).toBe(closing)
  expect(line.shift(onlyBob)).toBe(behind)
})

test('a turn may go in front of everyone', () => {
  const urgent = turn()
  line.push(unit())
  line.push(turn())
  line.pushFirst(urgent)
  expect(line.shift(anyone)).toBe(urgent)
})

test('units are taken out, turns stay', () => {
  const units = [unit(alice), unit(bob), unit(alice)]
  const kept = turn()
  line.push(units.at(0)!)
  line.push(kept)
  line.push(units.at(1)!)
  line.push(units.at(2)!)
  expect(line.units).toEqual(units)
  expect(line.removeUnits(alice)).toEqual([units[0], units[2]])
  expect(line.removeUnits()).toEqual([units[1]])
  expect(line.length).toBe(1)
  expect(line.shift(anyone)).toBe(kept)
})

test('a single unit is taken out', () => {
  const [first, second] = [unit(), unit()]
  line.push(first)
  line.push(second)
  line.remove(first)
  line.remove(unit())
  expect(line.units).toEqual([second])
})

test('units and turns are told apart', () => {
  expect([isUnit(unit()), isUnit(turn())]).toEqual([true, false])
})
