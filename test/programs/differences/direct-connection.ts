import { Client } from 'pg'
import { markReal } from '../../../src/driver/marks.ts'

type Message = { readonly name: string; readonly fields?: (string | null)[]; readonly message?: string }

/** The part of `pg` below its client, which nothing patches. */
type Connection = {
  eventNames(): (string | symbol)[]
  removeAllListeners(event: string | symbol): void
  on(event: 'message', listener: (message: Message) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  query(text: string): void
  parse(statement: { name: string; text: string; types: [] }): void
  bind(portal: { portal: string; statement: string; values: []; binary: false }): void
  execute(portal: { portal: string; rows: number }): void
  sync(): void
  end(): void
  stream: { cork(): void; uncork(): void }
}

/**
 * A connection that is outside of the sandbox also while levels are open, in the same process: connected by an
 * unpatched client, then used without it.
 */
export class DirectConnection {
  readonly #connection: Connection
  #rows: (string | null)[][] = []
  #error: Error | undefined
  #settle: (() => void) | undefined

  private constructor(connection: Connection) {
    this.#connection = connection
    for (const event of connection.eventNames()) {
      if (event !== 'newListener') connection.removeAllListeners(event)
    }
    connection.on('error', (error) => {
      this.#error = error
      this.#settle?.()
    })
    connection.on('message', ({ name, fields, message }) => {
      if (name === 'dataRow') this.#rows.push(fields!)
      if (name === 'error') this.#error ??= new Error(message)
      if (name === 'readyForQuery') this.#settle?.()
    })
  }

  /** Call it while no level is open. */
  static async open(url: string): Promise<DirectConnection> {
    const client = new Client({ connectionString: url })
    await client.connect()
    const { connection } = client as unknown as { connection: Connection }
    markReal(connection.stream)
    return new DirectConnection(connection)
  }

  /** Runs statements; gives the rows of all of them. */
  run(sql: string): Promise<(string | null)[][]> {
    return this.#exchange(() => this.#connection.query(sql))
  }

  async prepare(name: string, text: string): Promise<void> {
    await this.#exchange(() => {
      this.#connection.parse({ name, text, types: [] })
      this.#connection.sync()
    })
  }

  /** Runs prepared statements in one round trip and one transaction; gives the rows of all of them. */
  execute(...names: string[]): Promise<(string | null)[][]> {
    return this.#exchange(() => {
      this.#connection.stream.cork()
      for (const statement of names) {
        this.#connection.bind({ portal: '', statement, values: [], binary: false })
        this.#connection.execute({ portal: '', rows: 0 })
      }
      this.#connection.sync()
      this.#connection.stream.uncork()
    })
  }

  end(): void {
    this.#connection.end()
  }

  #exchange(send: () => void): Promise<(string | null)[][]> {
    return new Promise((resolve, reject) => {
      this.#rows = []
      this.#error = undefined
      this.#settle = () => {
        this.#settle = undefined
        if (this.#error) reject(this.#error)
        else resolve(this.#rows)
      }
      send()
    })
  }
}
