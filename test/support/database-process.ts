import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'

export type DatabaseProcess = {
  readonly child: ChildProcess
  /** Waits for a line of its output. */
  line(text: string): Promise<void>
  /** The lines that it has written, once it has ended. */
  ended(): Promise<string[]>
}

const running = new Set<ChildProcess>()

afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

const ROOT = path.join(__dirname, '../..')
const DATABASES = path.join(ROOT, 'src/databases')

/**
 * Runs `script` in a Node process of its own, which makes databases for `project` on the server at `url`. The script
 * finds `server`, `ensureTemplate`, `ClonePool`, `madeBy`, `sweep` and `pg`, and writes lines with `say()`.
 *
 * @example
 * const other = startDatabaseProcess(url, 'shop', 'say((await new ClonePool(server, "app_test").take()).name)')
 */
export function startDatabaseProcess(url: string, project: string, script: string): DatabaseProcess {
  const from = (name: string) => `require(${JSON.stringify(path.join(DATABASES, name))})`
  const source = `
    const pg = require('pg')
    const { Server } = ${from('server/server.ts')}
    const { ensureTemplate } = ${from('templates/template.ts')}
    const { ClonePool } = ${from('clones/clone-pool.ts')}
    const { madeBy } = ${from('templates/layers/made-by.ts')}
    const { sweep } = ${from('templates/sweep.ts')}
    const server = Server.of(${JSON.stringify(url)})
    const say = (line) => process.stdout.write(line + '\\n')
    async function main() { ${script} }
    main().catch((error) => { console.error(error); process.exitCode = 1 })`
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const child = spawn(
    process.execPath,
    ['-r', path.join(__dirname, 'register-typescript.cjs'), '-e', source],
    {
      cwd: ROOT,
      env: { ...inherited, PG_SANDBOX_PROJECT: project },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  running.add(child)
  child.once('close', () => running.delete(child))
  return watch(child)
}

function watch(child: ChildProcess): DatabaseProcess {
  let output = ''
  let errors = ''
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const lines = () => output.split('\n').slice(0, -1)
  child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  child.stdout!.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    child.emit('said')
  })
  return {
    child,
    line: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => void (lines().includes(text) && resolve())
        child.on('said', look)
        look()
        void closed.then(() => reject(new Error(`ended without saying "${text}": ${output}${errors}`)))
      }),
    async ended() {
      const code = await closed
      if (code !== 0 && child.signalCode === null) throw new Error(`ended with ${code}: ${errors}`)
      return lines()
    },
  }
}
