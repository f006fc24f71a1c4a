/**
 * Who makes the databases for `isolation: 'database'`: the pool of databases/clones, as the room private-databases/ knows it.
 *
 * prepare-sandbox.ts hands it to the sandbox, which imports nothing of the wing.
 */
import { ClonePool } from './databases/clones/clone-pool.ts'
import { Server } from './databases/server/server.ts'
import type { MakePool } from './private-databases/clone-supply.ts'

export const makePool: MakePool = (login, from, ahead) => new ClonePool(Server.of(login), from, { ahead })
