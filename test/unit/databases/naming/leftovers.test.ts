import { lockOf } from '../../../../src/databases/naming/advisory-lock.ts'
import { nameOf, type NameParts } from '../../../../src/databases/naming/database-names.ts'
import {
  KEPT_FOR,
  type KnownDatabase,
  leftovers,
  outdatedTemplates,
} from '../../../../src/databases/naming/leftovers.ts'
import type { Mark } from '../../../../src/databases/naming/mark.ts'

const project = { label: 'shop', id: '1a2b3c4d' }
const now = Date.parse('2026-01-02T00:00:00Z')

function database(parts: Partial<NameParts>, mark?: Partial<Mark>): KnownDatabase {
  const name = nameOf({ project, purpose: 'clone', run: 'aaaaaaaa', key: '1', ...parts })
  return { name, mark: mark as Mark | undefined }
}

const left = (databases: KnownDatabase[], ...held: readonly ReturnType<typeof lockOf>[]) =>
  leftovers(databases, { project, held, now })

test('a clone or a snapshot is left when its run holds no lock, marked or not', () => {
  const clones = [database({ key: '1' }), database({ purpose: 'snapshot' }, { state: 'ready' })]
  expect(left(clones)).toEqual(clones.map(({ name }) => name))
  expect(left(clones, lockOf('run', 'bbbbbbbb'))).toHaveLength(2)
})

test('a clone or a snapshot of a run that is alive is not left', () => {
  expect(left([database({}), database({ purpose: 'snapshot' })], lockOf('run', 'aaaaaaaa'))).toEqual([])
})

test('what is building is left unless somebody builds its template', () => {
  const building = database({ purpose: 'building', run: 'abcdef', key: 'feed' })
  const template = nameOf({ project, purpose: 'template', key: 'feed' })
  expect(left([building], lockOf('run', 'aaaaaaaa'))).toEqual([building.name])
  expect(left([building], lockOf('build', template))).toEqual([])
})

test('a kept clone is left after a day, whether or not its run is alive', () => {
  const keptAt = (time: number) => database({}, { state: 'kept', at: new Date(time).toISOString() })
  expect(left([keptAt(now - KEPT_FOR + 1000)])).toEqual([])
  expect(left([keptAt(now - KEPT_FOR - 1000)], lockOf('run', 'aaaaaaaa'))).toHaveLength(1)
})

test("templates, workers' databases and those of other projects are none of its business", () => {
  const others = (['template', 'worker'] as const).map((purpose) => database({ purpose }))
  expect(left([...others, database({ project: { label: 'shop', id: '99999999' } })])).toEqual([])
  expect(left([{ name: 'app_test', mark: undefined }])).toEqual([])
})

test('templates of the recipe with another name are outdated; those of other recipes are not', () => {
  const template = (key: string, recipe: string) =>
    database({ purpose: 'template', run: undefined, key }, { purpose: 'template', recipe })
  const [present, old, other] = [template('1', 'main'), template('2', 'main'), template('3', 'billing')]
  expect(outdatedTemplates([present, old, other], 'main', present.name)).toEqual([old.name])
})
