/**
 * What a client asks for in `options` when it connects, as settings that can be put in force for it alone.
 *
 * client-identity.ts asks which of them these are: clients that differ in them share a session. open-server.ts leaves them out of the
 * login of that session. Without it such a client would have a transaction of its own, and miss the rows of the others.
 * Source: pg_split_opts() and process_postgres_switches() of the server.
 */
export interface StartupOptions {
  /** Settings that any session can take over. */
  readonly shared: ReadonlyMap<string, string>
  /** All others, as `options` again: clients that differ in them do not share a session. */
  readonly rest: string
}

/** Below the greatest number of milliseconds that the server takes. */
const TIME = /^(?:\d{1,9}(?:ms)?|\d{1,6}s|\d{1,4}min|\d{1,2}h)$/
const BOOLEAN = /^(?:on|off|true|false|yes|no|1|0)$/i

/** Names with the values that no server refuses: a setting that is refused must fail the login of its client alone. */
const SHARED: ReadonlyMap<string, RegExp> = new Map([
  ['application_name', /^[\x20-\x7e]*$/],
  ['default_transaction_read_only', BOOLEAN],
  ['idle_in_transaction_session_timeout', TIME],
  ['lock_timeout', TIME],
  ['search_path', /^\s*(?:[a-z_]\w*|"[^"]+"|"?\$user"?)(?:\s*,\s*(?:[a-z_]\w*|"[^"]+"|"?\$user"?))*\s*$/i],
  ['statement_timeout', TIME],
])

const known = new Map<string, StartupOptions>()

export function startupOptions(options: string | undefined): StartupOptions {
  const text = options ?? ''
  const read = known.get(text) ?? readOptions(text)
  known.set(text, read)
  return read
}

function readOptions(text: string): StartupOptions {
  const shared = new Map<string, string>()
  const rest: string[] = []
  const words = wordsOf(text)
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!
    const isApart = word === '-c' && at + 1 < words.length
    if (isApart) at += 1
    const assigned = isApart ? words[at]! : (/^(?:-c|--)(.+)$/s.exec(word)?.[1] ?? '')
    const [, written = '', value = ''] = /^([^=]+)=(.*)$/s.exec(assigned) ?? []
    const name = written.replaceAll('-', '_').toLowerCase()
    if (SHARED.get(name)?.test(value)) shared.set(name, value)
    else rest.push(...(isApart ? [word] : []), words[at]!)
  }
  return { shared, rest: rest.map((word) => word.replaceAll(/[\\\s]/g, String.raw`\$&`)).join(' ') }
}

/** Words are parted by blanks; a backslash takes the character behind it as it is. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:\\.|[^\\\s])+/gs) ?? []
  return words.map((word) => word.replaceAll(/\\(.)/gs, '$1'))
}
