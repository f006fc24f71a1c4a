/**
 * What belongs to one client of a session. While the session serves the client it is a part of the transaction's state;
 * between two units the client keeps it (session/requester.ts). Pure. Without it a session could serve one client only, or
 * would have to know which parts of a state are whose.
 */
import { type ClientObjects, NO_OBJECTS, NOTHING_PREPARED, type Prepared } from './client-objects.ts'
import { NO_SETTINGS, type Settings } from './settings.ts'

export interface Belongings {
  /** Settings that the client believes in force. */
  readonly settings: Settings
  /** The client's settings at start-up, which RESET brings back. */
  readonly startup: Settings
  /** What the client has in its session beside settings. */
  readonly objects: ClientObjects
  /** The client's prepared statements on the real connection. No rollback undoes them. */
  readonly prepared: Prepared
}

export const NO_BELONGINGS: Belongings = {
  settings: NO_SETTINGS,
  startup: NO_SETTINGS,
  objects: NO_OBJECTS,
  prepared: NOTHING_PREPARED,
}

/** Of a client that has just come, whose names on the real connection begin with `prefix`. */
export function newBelongings(prefix: string, startup: Settings = NO_SETTINGS): Belongings {
  return { settings: startup, startup, objects: NO_OBJECTS, prepared: { prefix, names: [] } }
}

/** After a rollback to where the client had `before`: what has been prepared since stays. */
export function restored(
  now: Belongings,
  before: Belongings,
  objects: ClientObjects = before.objects,
): Belongings {
  const isAsBefore = now.prepared === before.prepared && objects === before.objects
  return isAsBefore ? before : { ...before, objects, prepared: now.prepared }
}

export function withObjects(client: Belongings, objects: ClientObjects): Belongings {
  return objects === client.objects ? client : { ...client, objects }
}

export function areSameBelongings(one: Belongings, other: Belongings): boolean {
  return (
    one === other ||
    (one.settings === other.settings &&
      one.startup === other.startup &&
      one.objects === other.objects &&
      one.prepared === other.prepared)
  )
}
