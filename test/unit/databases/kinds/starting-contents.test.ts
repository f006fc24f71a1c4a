import { recipeOf } from '../../../../src/databases/kinds/starting-contents.ts'
import { madeBy } from '../../../../src/databases/templates/layers/made-by.ts'

async function migrate(): Promise<void> {}
async function seed(): Promise<void> {}
const [tables, data] = [[madeBy('1', migrate)], [madeBy('1', seed)]]

test('nothing is a blank database', () => {
  expect(recipeOf({})).toEqual({ name: 'blank', layers: [] })
})

test('rows build on the recipe of the tables', () => {
  expect(recipeOf({ tables, data })).toEqual({ name: 'seed', layers: data, from: recipeOf({ tables }) })
})

test('the schema comes before the tables', () => {
  const { layers } = recipeOf({ schema: 'billing', tables })
  expect(layers.map(({ label }) => label)).toEqual(['schema billing', 'migrate'])
})
