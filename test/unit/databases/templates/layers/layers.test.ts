import { checkpoint, layers } from '../../../../../src/databases/templates/layers/layers.ts'
import { madeBy } from '../../../../../src/databases/templates/layers/made-by.ts'
import { schemaFirst } from '../../../../../src/databases/templates/layers/schema-first.ts'
import { hashOf } from '../../../../../src/databases/templates/recipe.ts'

async function tables(): Promise<void> {}
async function customers(): Promise<void> {}
const [first, second, third] = [madeBy('1', tables), madeBy('1', customers), schemaFirst('billing')]

test('layers are a recipe, called by what they are called', () => {
  expect(layers([first, second])).toEqual({ name: 'tables, customers', layers: [first, second] })
})

test('what stands before a checkpoint is a recipe of its own, on which the others build', () => {
  expect(layers([first, checkpoint('migrated'), second, checkpoint('seeded'), third], 'all')).toEqual({
    name: 'all',
    layers: [third],
    from: {
      name: 'seeded',
      layers: [second],
      from: { name: 'migrated', layers: [first] },
    },
  })
})

test('a changed layer changes the hash of what is made after it, and of nothing before it', async () => {
  const with2 = (version: string) => layers([first, checkpoint('a'), madeBy(version, customers), third], 'b')
  expect(await hashOf(with2('2'))).not.toBe(await hashOf(with2('3')))
  const [before, after] = [with2('2').from, with2('3').from]
  expect(before).toEqual(after)
  const changed = layers([madeBy('2', tables), checkpoint('a'), madeBy('2', customers), third], 'b')
  expect(await hashOf(changed)).not.toBe(await hashOf(with2('2')))
})
