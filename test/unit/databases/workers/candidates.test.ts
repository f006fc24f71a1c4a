import { lockOf } from '../../../../src/databases/naming/advisory-lock.ts'
import { nameOf } from '../../../../src/databases/naming/database-names.ts'
import type { KnownDatabase } from '../../../../src/databases/naming/leftovers.ts'
import { projectOf } from '../../../../src/databases/naming/maker.ts'
import type { Mark } from '../../../../src/databases/naming/mark.ts'
import { candidates, outdated } from '../../../../src/databases/workers/candidates.ts'

const project = projectOf('shop')
const origin = { recipe: 'main', hash: 'aaaa' }
const made = { xid: '5000', rows: '7', about: 'e305', sequences: [] }

function database(run: string, mark: Partial<Mark> | undefined): KnownDatabase {
  const rest = {
    project: project.id,
    purpose: 'worker',
    state: 'in use',
    run,
    host: 'h',
    pid: 1,
    at: '',
  } as const
  return {
    name: nameOf({ project, purpose: 'worker', run, worker: '1' }),
    mark: mark && { ...rest, note: JSON.stringify(made), ...origin, ...mark },
  }
}

const dead = database('dead0001', {})
const alive = database('alive001', {})
const changed = database('dead0002', { hash: 'bbbb' })
const unfinished = database('dead0003', { state: 'building', note: undefined })
const unmarked = database('dead0004', undefined)
const others = database('dead0005', { recipe: 'other', hash: 'cccc' })
const clone = { name: nameOf({ project, purpose: 'clone', run: 'dead0006', key: 'k' }), mark: undefined }

const databases = [dead, alive, changed, unfinished, unmarked, others, clone]
const held = [lockOf('run', 'alive001')]

test('those of the template whose run is gone may be used again', () => {
  expect(candidates(databases, held, origin)).toEqual([{ name: dead.name, made }])
})

test('those that no run can use are outdated; what another recipe has made, or is no worker’s, is not', () => {
  expect(outdated(databases, held, origin)).toEqual([changed.name, unfinished.name, unmarked.name])
})
