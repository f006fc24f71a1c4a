/** Where a program runs: in the sandbox, or plainly, with nothing in the sandbox's place. */
import { testTransaction } from '../../src/index.ts'

export type Sandbox = Pick<typeof testTransaction, 'start' | 'rollback' | 'close' | 'parallel' | 'unpatch'>

/** What a program does plainly is what pg does. */
const NOTHING: Sandbox = {
  start: async () => {},
  rollback: async () => {},
  close: async () => {},
  parallel: async (work) => work(),
  unpatch: async () => {},
}

export function sandboxOf({ isPlain }: { readonly isPlain: boolean }): Sandbox {
  return isPlain ? NOTHING : testTransaction
}
