/** A template that is finished. */
import type { Mark } from '../naming/mark.ts'
import type { Server } from '../server/server.ts'

/** Its mark, which is set together with its name as the last step of a build; undefined when there is none. */
export async function findTemplate(server: Server, name: string): Promise<Pick<Mark, 'copy'> | undefined> {
  const found = (await server.databases()).find((database) => database.name === name)
  return found?.mark?.state === 'ready' ? found.mark : undefined
}
