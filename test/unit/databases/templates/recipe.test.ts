import { madeBy } from '../../../../src/databases/templates/layers/made-by.ts'
import { hashOf, type Layer } from '../../../../src/databases/templates/recipe.ts'

const layer = (hash: string): Layer => ({ label: hash, hash: () => hash, apply: async () => {} })
const [one, two] = [layer('1'), layer('2')]

test('a recipe has one hash', async () => {
  expect(await hashOf({ layers: [one, two] })).toMatch(/^[0-9a-f]{16}$/)
  expect(await hashOf({ layers: [one, two] })).toBe(await hashOf({ name: 'main', layers: [layer('1'), two] }))
})

test.each([
  ['order of the layers', { layers: [two, one] }],
  ['layers', { layers: [one] }],
  ['cut between layers', { layers: [layer('12')] }],
  ['name', { name: 'billing', layers: [one, two] }],
  ['database to begin with', { from: 'app_test', layers: [one, two] }],
])('another %s gives another hash', async (_, recipe) => {
  expect(await hashOf(recipe)).not.toBe(await hashOf({ layers: [one, two] }))
})

test('a function makes the same as long as its version is the same', async () => {
  expect(await madeBy('3', async () => {}).hash()).toBe(await madeBy('3', async ({ run }) => run('')).hash())
  expect(await madeBy('4', async () => {}).hash()).not.toBe(await madeBy('3', async () => {}).hash())
})
