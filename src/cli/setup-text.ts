/** The text of a set-up file with the four hooks. */

export interface SetupStyle {
  /** `import`, or `require` for CommonJS. */
  readonly modules: 'import' | 'require'
  /** Where the hooks come from; without it they are global. */
  readonly hooksFrom?: string | undefined
}

const HOOKS = 'afterAll, afterEach, beforeAll, beforeEach'

export function setupText({ modules, hooksFrom }: SetupStyle): string {
  const load = (names: string, from: string) =>
    modules === 'import' ? `import { ${names} } from '${from}'` : `const { ${names} } = require('${from}')`
  const lines = [
    load('testTransaction', 'pg-sandbox'),
    ...(hooksFrom === undefined ? [] : [load(HOOKS, hooksFrom)]),
    '',
    'beforeAll(testTransaction.start)',
    'beforeEach(testTransaction.start)',
    'afterEach(testTransaction.rollback)',
    'afterAll(testTransaction.close)',
  ]
  return `${lines.join('\n')}\n`
}
