import { ClonePool } from '../../../../src/databases/clones/clone-pool.ts'
import { readName } from '../../../../src/databases/naming/database-names.ts'
import { sweep } from '../../../../src/databases/templates/sweep.ts'
import { startDatabaseProcess } from '../../../support/database-process.ts'
import { useDatabase } from '../../../support/database.ts'
import { type ProjectOnServer, useProject } from '../../../support/databases-project.ts'
import { until } from '../../../support/until.ts'

// To copy a database takes its time on a machine that is busy.
jest.setTimeout(60_000)

const database = useDatabase()
const [project, other] = [useProject(database.url), useProject(database.url)]

const TAKE = `
  const pool = new ClonePool(server, 'template1', { ahead: 0 })
  const [one, two] = [await pool.take(), await pool.take()]
  pool.release(two, { keep: true })
  say('taken')
  setInterval(() => {}, 1000)`

/** The server notices a moment later that a process is gone. */
async function sweepUntil(isDone: () => Promise<boolean>): Promise<void> {
  await until(async () => {
    await sweep(project.server())
    return isDone()
  }, 30_000)
}

test('clones of a run that was killed are dropped by the next; those of a run that is alive, of another project, and kept ones are not', async () => {
  const start = ({ name }: ProjectOnServer) => startDatabaseProcess(database.url(), name, TAKE)
  const [killed, alive, others] = [start(project), start(project), start(other)] as const
  await Promise.all([killed, alive, others].map((run) => run.line('taken')))
  await until(
    async () =>
      (await project.server().databases()).filter(({ mark }) => mark?.state === 'kept').length === 2,
  )
  const before = await project.server().databases()
  const theirs = await other.names()
  expect(before).toHaveLength(4)
  expect(theirs).toHaveLength(2)
  others.child.kill('SIGKILL')
  killed.child.kill('SIGKILL')
  await Promise.all([killed.ended(), others.ended()])
  await sweepUntil(async () => (await project.names()).length < 4)
  const left = before.filter(({ mark }) => mark!.state === 'kept' || mark!.pid === alive.child.pid)
  expect((await project.names()).toSorted()).toEqual(left.map(({ name }) => name).toSorted())
  expect((await other.names()).toSorted()).toEqual(theirs.toSorted())
  alive.child.kill('SIGINT')
  await alive.ended()
  await sweepUntil(async () => (await project.names()).length === 2)
  for (const { mark } of await project.server().databases()) expect(mark?.state).toBe('kept')
})

test('a process that ends without end() is not kept alive, and what it leaves is swept by the next that makes clones', async () => {
  const run = startDatabaseProcess(
    database.url(),
    project.name,
    "say((await new ClonePool(server, 'template1').take()).name)",
  )
  const [name = ''] = await run.ended()
  expect(readName(name)?.purpose).toBe('clone')
  const pool = new ClonePool(project.server(), 'template1', { ahead: 0 })
  await until(async () => {
    await sweep(project.server())
    return !(await project.names()).includes(name)
  }, 30_000)
  await pool.end()
})
