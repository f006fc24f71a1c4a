import type { Behaviour } from '../behaviour.ts'
import { rows } from './rows.ts'
import { sandbox } from './sandbox.ts'
import { transactions } from './transactions.ts'
import { wire } from './wire.ts'
import { work } from './work.ts'

/** In the order of the table. */
export const behaviours: readonly Behaviour[] = [...rows, ...transactions, ...sandbox, ...wire, ...work]
