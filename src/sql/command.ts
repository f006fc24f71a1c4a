/** The options of a transaction, as `BEGIN`, `START TRANSACTION` and `SET TRANSACTION` spell them; what is not named is absent. */
export type TransactionModes = {
  readonly isolation?: 'serializable' | 'repeatable read' | 'read committed' | 'read uncommitted'
  readonly readOnly?: boolean
  readonly deferrable?: boolean
}

/**
 * One statement, begun, ended or marked.
 *
 * @example
 * classify('start transaction read only') // { kind: 'begin', tag: 'START TRANSACTION', modes: { readOnly: true } }
 */
export type TransactionCommand =
  | { readonly kind: 'begin'; readonly tag: 'BEGIN' | 'START TRANSACTION'; readonly modes: TransactionModes }
  | { readonly kind: 'commit'; readonly chain: boolean }
  | { readonly kind: 'rollback'; readonly chain: boolean }
  | { readonly kind: 'savepoint'; readonly name: string }
  | { readonly kind: 'release'; readonly name: string }
  | { readonly kind: 'rollbackTo'; readonly name: string }
  | { readonly kind: 'setTransaction'; readonly modes: TransactionModes }
  | { readonly kind: 'setTransaction'; readonly snapshot: string }
  | { readonly kind: 'setSessionCharacteristics'; readonly modes: TransactionModes; readonly local: boolean }
  | { readonly kind: 'prepareTransaction'; readonly gid: string }
  | { readonly kind: 'commitPrepared'; readonly gid: string }
  | { readonly kind: 'rollbackPrepared'; readonly gid: string }

/** An argument of `set_config`: written out in the statement, or the number of the parameter (`$1` is 1) that brings it. */
export type ConfigArgument<Value> =
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'parameter'; readonly number: number }

/** One call `set_config(name, value, is_local)`; `name` is folded, a `null` value puts the default back, a `null` local means false. */
export type ConfigCall = {
  readonly name: ConfigArgument<string | null>
  readonly value: ConfigArgument<string | null>
  readonly local: ConfigArgument<boolean | null>
}

/**
 * A change of the settings or of other state that a server session keeps.
 * Names of settings are folded to lower case, quoted or not, since the server finds them that way.
 *
 * @example
 * classify("set time zone 'UTC'") // { kind: 'set', name: 'timezone', local: false, value: 'UTC' }
 */
export type SettingCommand =
  /** `value` is there when the statement gives exactly one word, string or number; `toDefault` for `SET x TO DEFAULT`. */
  | {
      readonly kind: 'set'
      readonly name: string
      readonly local: boolean
      readonly toDefault?: true
      readonly value?: string
    }
  /** The name `all` stands for RESET ALL (no setting has that name). */
  | { readonly kind: 'reset'; readonly name: string }
  /** Each name as its parts, `s.c` is `['s', 'c']`. */
  | {
      readonly kind: 'setConstraints'
      readonly names: 'all' | readonly (readonly string[])[]
      readonly deferred: boolean
    }
  | { readonly kind: 'setConfig'; readonly calls: readonly ConfigCall[] }
  | { readonly kind: 'discard'; readonly what: 'all' | 'temp' | 'sequences' | 'plans' }
  /** SHOW of a setting that tells of the transaction; of any other it is a read. */
  | { readonly kind: 'show'; readonly name: TransactionSetting }

/** The settings that tell of the transaction, so that in a sandbox they would tell of its own. */
export type TransactionSetting =
  | 'transaction_isolation'
  | 'transaction_read_only'
  | 'transaction_deferrable'
  | 'default_transaction_read_only'

/** One call `pg_notify(channel, payload)`. */
export type NotifyCall = {
  readonly channel: ConfigArgument<string | null>
  readonly payload: ConfigArgument<string | null>
}

/** What becomes of a temporary table, or of its rows, when a transaction is committed. */
export type OnCommit = 'drop' | 'delete' | 'preserve'

/**
 * A command about a thing with a name: a prepared statement, a channel, a cursor, a copy.
 * `all: true` in place of a name means the word ALL (or `*`); a statement may really be called `"all"`.
 */
export type NamedCommand =
  | { readonly kind: 'prepareStatement'; readonly name: string }
  | { readonly kind: 'deallocate'; readonly name: string; readonly all?: never }
  | { readonly kind: 'deallocate'; readonly all: true; readonly name?: never }
  | { readonly kind: 'listen'; readonly channel: string }
  | { readonly kind: 'unlisten'; readonly channel: string; readonly all?: never }
  | { readonly kind: 'unlisten'; readonly all: true; readonly channel?: never }
  | { readonly kind: 'notify'; readonly channel: string; readonly payload?: string }
  /** A SELECT without FROM that calls pg_notify, with every argument written out or a parameter. */
  | { readonly kind: 'selectNotify'; readonly calls: readonly NotifyCall[] }
  | {
      readonly kind: 'createTemporary'
      readonly name: string
      readonly onCommit: OnCommit
      readonly ifNotExists: boolean
    }
  | { readonly kind: 'declareCursor'; readonly name: string; readonly hold: boolean }
  | { readonly kind: 'closeCursor'; readonly name: string; readonly all?: never }
  | { readonly kind: 'closeCursor'; readonly all: true; readonly name?: never }
  /** `in`: the client sends the rows; `out`: it gets them; `server`: a file or program there. */
  | { readonly kind: 'copy'; readonly direction: 'in' | 'out' | 'server' }

/**
 * What one statement asks of the session.
 *
 * - `read`: certainly changes nothing.
 * - `empty`: no statement at all, only white space and comments.
 * - `invalid`: starts as a transaction command and does not follow its grammar, so the server will reject the string.
 * - `lock`: LOCK TABLE.
 * - `other`: anything else, also what merely could be a read.
 */
export type Command =
  /** SHOW of a setting takes no snapshot, as other reads do. */
  | { readonly kind: 'read'; readonly shows?: true }
  | { readonly kind: 'empty' }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'lock' }
  | { readonly kind: 'other' }
  | TransactionCommand
  | SettingCommand
  | NamedCommand

/** The commands of these kinds. */
export type CommandOf<Kind extends Command['kind']> = Extract<Command, { readonly kind: Kind }>
