/** Who makes the databases for `isolation: 'database'`: the databases wing, as a session knows it. */
import { ClonePool } from './databases/clones/clone-pool.ts'
import { Server } from './databases/server/server.ts'
import type { MakePool } from './private-databases/clone-supply.ts'

export const makePool: MakePool = (login, from, ahead) => new ClonePool(Server.of(login), from, { ahead })
