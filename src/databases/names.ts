/** Names of the databases that are ours: they tell whose they are, also where no mark could be set yet. */
import type { Maker, Project } from './maker.ts'

/** `building` is a template that is not finished. */
export type Purpose = 'template' | 'building' | 'clone' | 'worker' | 'snapshot'

/** What a name says. Parts that are letters, digits and underscores; all in all a name has room for 23 of them. */
export interface NameParts {
  readonly project: Project
  readonly purpose: Purpose
  /** The hash of a template, or the key of a snapshot. */
  readonly key?: string | undefined
  readonly run?: string | undefined
  readonly shard?: string | undefined
  readonly worker?: string | undefined
  /** A number that no other database of this run and worker has. */
  readonly serial?: number | undefined
}

/** The longest name that Postgres keeps whole, in bytes. Source: NAMEDATALEN - 1. */
const LONGEST = 63
