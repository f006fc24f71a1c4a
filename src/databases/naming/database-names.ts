/**
 * Names of the databases that the package makes: a name tells whose the database is, also where no mark could be set yet.
 *
 * The room answers, without a server, who makes a database, how the database is called, what the comment on it says, which
 * locks stand for whom, and which databases may be dropped. All other rooms of databases/ call this one. Without the room, two
 * projects on one server, or a run that lives and the sweep of another, would drop each other's databases.
 */
import type { Project } from './maker.ts'

/** `building` is a template that is not finished. */
export type Purpose = (typeof PURPOSES)[number]

const PURPOSES = ['template', 'building', 'clone', 'worker', 'snapshot'] as const

/** What a name says. Texts are made of letters, digits and `-`; other characters become `-`. */
export interface NameParts {
  readonly project: Project
  readonly purpose: Purpose
  /** The hash of a template, the key of a snapshot; of a clone, what no other of its run has. */
  readonly key?: string | undefined
  /** The id of the run; of a template that is not finished, which attempt it is. */
  readonly run?: string | undefined
  readonly shard?: string | undefined
  readonly worker?: string | undefined
}

/** The parts of a name, as they are read from it. */
export type NameRead = Omit<NameParts, 'project'> & { readonly projectId: string }

/** The longest name that Postgres keeps whole, in bytes. Source: NAMEDATALEN - 1. */
const LONGEST = 63

/**
 * The name of a database. All of it is ASCII; of a project with a long name as much is left as there is room.
 *
 * @throws {RangeError} when the parts leave no room for the project
 *
 * @example
 * nameOf({ project, purpose: 'clone', run: '9f8e7d6c', worker: '3', key: 'a1' })
 * // 'test_shop_1a2b3c4d_clone_r9f8e7d6c_w3_ka1'
 */
export function nameOf({ project, purpose, run, shard, worker, key }: NameParts): string {
  const lettered = Object.entries({ r: run, s: shard, w: worker, k: key })
  const parts = lettered.flatMap(([letter, text]) => (text === undefined ? [] : [letter + plain(text)]))
  const rest = ['', project.id, purpose, ...parts].join('_')
  const room = LONGEST - 'test_'.length - rest.length
  if (room < 1) throw new RangeError(`The name of a database would be longer than ${LONGEST} bytes: ${rest}`)
  return `test_${project.label.slice(0, room)}${rest}`
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')
}

const NAME = new RegExp(
  `^test_[a-z0-9]+_(?<projectId>[0-9a-f]{8})_(?<purpose>${PURPOSES.join('|')})` +
    '(?:_r(?<run>[^_]+))?(?:_s(?<shard>[^_]+))?(?:_w(?<worker>[^_]+))?(?:_k(?<key>[^_]+))?$',
)

/** What the name of a database says; undefined for one that the package has not made. */
export function readName(name: string): NameRead | undefined {
  const groups = NAME.exec(name)?.groups
  return groups === undefined ? undefined : ({ ...groups } as unknown as NameRead)
}
