import { inspect } from 'node:util'
import { testTransaction } from 'pg-sandbox'
import type { Behaviour, Test } from './behaviour.ts'
import { completed } from './completed.ts'
import type { Adapter, Instance, OpenOptions } from './instance.ts'

/** URLs by the kind of database that a behaviour asks for. */
export type Databases = Readonly<Record<Behaviour['database'], string>>

const DEFAULTS = { outsideQueries: 'error', outsideQueryTimeout: 1000 } as const

/** What stands around the behaviours: the hooks of a test file and the instances of a library. */
export class Stage {
  isOpen = false
  readonly #adapter: Adapter
  readonly #sandboxed: boolean
  readonly #urls: Databases
  #instances = new Map<string, Instance>()

  constructor(adapter: Adapter, sandboxed: boolean, urls: Databases) {
    this.#adapter = adapter
    this.#sandboxed = sandboxed
    this.#urls = urls
  }

  /** What `beforeAll` does. */
  async begin(): Promise<void> {
    this.isOpen = true
    if (this.#sandboxed) await testTransaction.start()
  }

  /** What `afterAll` does. */
  async end(): Promise<void> {
    this.isOpen = false
    const instances = [...this.#instances.values()]
    this.#instances.clear()
    for (const instance of instances) await instance.close()
    if (this.#sandboxed) await testTransaction.close()
  }

  /** The shared instance. */
  async instance(database: Behaviour['database']): Promise<Instance> {
    const instance =
      this.#instances.get(database) ?? completed(await this.#adapter.open(this.#urls[database], {}))
    this.#instances.set(database, instance)
    return instance
  }

  /** One test; gives what went wrong. */
  async run(behaviour: Behaviour): Promise<string | undefined> {
    const opened: Instance[] = []
    let failure: string | undefined
    try {
      if (this.#sandboxed) await testTransaction.start()
      await behaviour.run(await this.#test(behaviour, opened))
    } catch (error) {
      failure = inspect(error, { depth: 4 })
    }
    try {
      for (const instance of opened) await instance.close()
      if (this.#sandboxed) {
        testTransaction.configure(DEFAULTS)
        await testTransaction.rollback()
      }
      // What a failed test has left may not fail the next.
      if (failure !== undefined) await this.end()
    } catch (error) {
      failure ??= inspect(error, { depth: 4 })
    }
    return failure
  }

  async #test(behaviour: Behaviour, opened: Instance[]): Promise<Test<any>> {
    const open = async (options: OpenOptions = {}) => {
      const instance = completed(await this.#adapter.open(this.#urls[behaviour.database], options))
      opened.push(instance)
      return instance as Required<Instance>
    }
    const shared = (await this.instance(behaviour.database)) as Required<Instance>
    return {
      instance: this.#adapter.opensForEachTest ? await open() : shared,
      sandboxed: this.#sandboxed,
      open,
      nextTest: async () => {
        if (!this.#sandboxed) return
        await testTransaction.rollback()
        await testTransaction.start()
      },
      beforeStart: async (work) => {
        if (!this.#sandboxed) return work()
        await testTransaction.close()
        const result = await work()
        await testTransaction.start()
        await testTransaction.start()
        return result
      },
      parallel: (work) => testTransaction.parallel(work),
      configure: (options) => testTransaction.configure(options),
    }
  }
}
