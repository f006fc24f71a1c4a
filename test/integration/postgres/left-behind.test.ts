/** However a process ends, the server that it has started ends, and its folder goes. */
import { readFile, rm } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { makeServerFolder } from '../../../src/postgres/server-folder.ts'
import { until } from '../../support/until.ts'
import { openFolder, portOf, serverFolders, startProcess } from './server-process.ts'

let folder: string
beforeEach(async () => {
  folder = await openFolder()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function isReachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(true))
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy())
  })
}

const isEmpty = async (): Promise<boolean> => (await serverFolders(folder)).length === 0

test.each(['SIGKILL', 'SIGINT'] as const)(
  'a process that is ended by %s leaves nothing',
  async (signal) => {
    const child = startProcess(folder)
    const port = await portOf(child)
    expect(await isReachable(port)).toBe(true)
    child.kill(signal)
    await until(isEmpty)
    expect(await isReachable(port)).toBe(false)
  },
  40_000,
)

test('nor does one that is killed while the server is being started', async () => {
  const child = startProcess(folder)
  await until(async () => !(await isEmpty()))
  child.kill('SIGKILL')
  await until(isEmpty)
}, 40_000)

test('what a killed keeper has left is removed by the next start', async () => {
  const child = startProcess(folder)
  await portOf(child)
  const [left = ''] = await serverFolders(folder)
  const server = Number((await readFile(path.join(left, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0])
  const keeper = Number(/-(\d+)-\w+$/.exec(left)?.[1])
  try {
    process.kill(keeper, 'SIGKILL')
    child.kill('SIGKILL')
    const temporary = process.env['TMPDIR']
    process.env['TMPDIR'] = folder
    await until(async () => {
      const next = await makeServerFolder({})
      const folders = await serverFolders(folder)
      await rm(next, { recursive: true })
      return folders.length === 1
    })
    if (temporary === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = temporary
  } finally {
    // Without its files it would end by itself, within a minute.
    process.kill(server, 'SIGQUIT')
  }
}, 40_000)
