import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'

export type Row = Record<string, unknown>

type Answer = { id: number; rows: Row[] } | { id: number; error: { message: string; code?: string } }

/**
 * Queries that are surely outside of any sandbox, because another process makes them: what other users of the
 * database see. Closed again by `close()`.
 *
 * @example
 * const outside = openOutside()
 * await outside.query(url, 'select count(*)::int as n from accounts') // [{ n: 0 }]
 */
export function openOutside(): Outside {
  return new Outside()
}

export class Outside {
  #process: ChildProcess | undefined
  #nextId = 1
  readonly #waiting = new Map<number, (answer: Answer) => void>()

  /** Runs one statement in the database at `url`, on a connection that is kept for the next. */
  query(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
    return this.#ask({ url, text, values: values.length > 0 ? values : undefined })
  }

  /** Ends the connection to the database at `url`, so that it can be dropped. */
  async disconnect(url: string): Promise<void> {
    await this.#ask({ url })
  }

  close(): void {
    this.#process?.disconnect()
    this.#process = undefined
  }

  #ask(request: { url: string; text?: string; values?: unknown[] | undefined }): Promise<Row[]> {
    this.#process ??= this.#start()
    const id = this.#nextId++
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve))
    this.#process.send({ id, ...request })
    return answered.then((answer) => {
      if ('error' in answer) throw Object.assign(new Error(answer.error.message), { code: answer.error.code })
      // Copies, since toStrictEqual() tells objects of Jest's realm from others.
      return Array.from(answer.rows, (row) => ({ ...row }))
    })
  }

  #start(): ChildProcess {
    const { NODE_OPTIONS: _, ...env } = process.env
    const program = path.join(__dirname, 'outside-process.cjs')
    const child = fork(program, { serialization: 'advanced', execArgv: [], env })
    child.unref()
    child.channel?.unref()
    child.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    return child
  }
}
