import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Databases as Server } from './databases.ts'
import type { Library } from './libraries.ts'
import type { Answer, Order, Report } from './messages.ts'
import { difference, OPEN_TRANSACTIONS, type Snapshot, takeSnapshot } from './snapshot.ts'
import type { Databases } from './stage.ts'
import type { Cell, LibraryResult } from './table.ts'

const LIMIT = 20_000
const MODULES = path.join(import.meta.dirname, '..', 'node_modules')

type Running = { readonly id: string; readonly run: string }

/** One library: its databases, its process, and a new process where one hangs or crashes. */
export class LibraryRun {
  readonly #library: Library
  readonly #server: Server
  readonly #lane: string
  readonly #cells: Record<string, Cell> = {}
  readonly #done: string[] = []
  #cannot: Readonly<Record<string, string>> = {}
  #notes: Readonly<Record<string, string>> = {}
  #empty = ''
  #before = new Map<string, Snapshot>()
  #running: Running | undefined
  #ended = false

  /** @param lane whose databases are used, where the library needs none of its own */
  constructor(library: Library, server: Server, lane: string) {
    this.#library = library
    this.#server = server
    this.#lane = lane
  }

  async run(): Promise<LibraryResult> {
    const started = Date.now()
    const [plain, sandboxed] = [await this.#makeDatabases('plain'), await this.#makeDatabases('sandboxed')]
    let prepare: readonly string[] | undefined = [...Object.values(plain), ...Object.values(sandboxed)]
    for (let attempt = 0; !this.#ended && attempt < 20; attempt += 1) {
      const order = { adapter: this.#library.adapter, plain, sandboxed, skip: this.#done }
      await this.#work(prepare ? { ...order, prepare } : order)
      prepare = undefined
    }
    return {
      library: this.#library,
      version: versionOf(this.#library.packageName),
      cells: this.#cells,
      cannot: this.#cannot,
      seconds: Math.round((Date.now() - started) / 1000),
    }
  }

  async #makeDatabases(kind: string): Promise<Databases> {
    const prefix = `${this.#library.ownDatabases ? this.#library.adapter : this.#lane}_${kind}`
    return {
      'plain tables': await this.#server.copy('tables', `${prefix}_1`),
      'functions and deferred constraints': await this.#server.copy('functions', `${prefix}_2`),
    }
  }

  /** A worker, until it ends. */
  async #work(order: Order): Promise<void> {
    const child = fork(path.join(import.meta.dirname, 'worker.js'), [JSON.stringify(order)], {
      ...(needsOtherNode(this.#library) ? { execPath: path.join(MODULES, '.bin', 'node') } : {}),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let said = ''
    child.stderr!.on('data', (chunk: Buffer) => (said = (said + chunk).slice(-4000)))
    let limit: NodeJS.Timeout | undefined
    const restart = (): void => {
      clearTimeout(limit)
      limit = setTimeout(() => {
        said += `nothing happened for ${LIMIT / 1000} s`
        child.kill('SIGKILL')
      }, LIMIT)
    }
    restart()
    child.on('message', (report: Report) => {
      restart()
      this.#hear(report, order).then(
        () => answer(child),
        (error: unknown) => {
          said += String(error)
          child.kill('SIGKILL')
        },
      )
    })
    const [code, signal] = await ending(child)
    clearTimeout(limit)
    if (this.#ended && code === 0) return
    this.#fail(`the process ended (${code ?? signal})\n${said}`)
  }

  async #hear(report: Report, { plain, sandboxed }: Order): Promise<void> {
    if (report.kind === 'ready') {
      this.#cannot = report.cannot
      this.#notes = report.notes
      for (const [id, reason] of Object.entries(report.unreliable))
        this.#cells[id] = { kind: 'cannot', reason }
      this.#empty = EMPTY + report.empty
      for (const url of [...Object.values(plain), ...Object.values(sandboxed)])
        this.#before.set(url, await this.#snapshot(url))
    } else if (report.kind === 'running') {
      this.#running = report
    } else if (report.kind === 'ran') {
      const left =
        report.run === 'plain' ? await this.#emptyAll(plain) : await this.#compare(Object.values(sandboxed))
      this.#note(report, report.applies, report.error ?? left)
    } else {
      for (const url of Object.values(sandboxed)) {
        const open = await this.#server.query(url, OPEN_TRANSACTIONS)
        if (open.length > 0) throw new Error(`after close(): ${JSON.stringify(open)}`)
      }
      this.#ended = true
    }
  }

  #note({ id, run }: Running, applies: boolean, error: string | undefined): void {
    this.#running = undefined
    this.#done.push(`${id} ${run}`)
    const known = this.#cells[id]
    if (!applies) this.#cells[id] = { kind: 'not applicable' }
    else if (this.#cannot[id] !== undefined) {
      if (run !== 'first') return
      const now = { kind: 'failed', run, error: 'it works now: take the footnote out' } as const
      this.#cells[id] = error ? { kind: 'cannot', reason: this.#cannot[id] } : now
    } else if (known?.kind !== 'failed') {
      const note = this.#notes[id]
      this.#cells[id] = error
        ? { kind: 'failed', run, error }
        : { kind: 'passed', ...(note && { reason: note }) }
    }
  }

  #fail(error: string): void {
    if (this.#running) return this.#note(this.#running, true, error)
    this.#cells['insert'] = { kind: 'failed', run: 'outside of all behaviours', error }
    this.#ended = true
  }

  #snapshot(url: string): Promise<Snapshot> {
    return takeSnapshot((text) => this.#server.query(url, text))
  }

  async #compare(urls: readonly string[]): Promise<string | undefined> {
    for (const url of urls) {
      const after = await this.#snapshot(url)
      const changed = difference(this.#before.get(url)!, after)
      this.#before.set(url, after)
      if (changed) return changed
    }
    return undefined
  }

  async #emptyAll(plain: Databases): Promise<undefined> {
    for (const url of Object.values(plain)) await this.#server.query(url, this.#empty)
  }
}

/** Drops the tables that a migration left, and empties the others. */
const EMPTY = `do $$ declare name text; begin
  for name in select tablename from pg_tables where schemaname = 'public' loop
    if name in ('accounts', 'orders', 'session') then execute format('truncate table %I cascade', name);
    else execute format('drop table %I cascade', name); end if;
  end loop;
end $$;`

function versionOf(packageName: string): string {
  const file = path.join(MODULES, packageName, 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

function needsOtherNode({ newerNode }: Library): boolean {
  return newerNode === true && Number(process.versions.node.split('.')[0]) < 24
}

function answer(child: ChildProcess): void {
  if (child.connected) child.send('go on' satisfies Answer)
}

function ending(child: ChildProcess): Promise<readonly [number | null, string | null]> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve([code, signal]))
  })
}
